using System.Net.Http.Headers;
using BatchService.DatabaseTests.Identity;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>The service under Auth:Mode=Jwt, on a port that a browser can reach; and one browser for all tests, where there is one.</summary>
public sealed class JobPageFixture : JobsFixture, IAsyncLifetime
{
    private Chromium? _browser;

    protected override bool IsListening => true;

    /// <summary>Everything of jobs, and nothing else.</summary>
    internal static string TokenOf(string subject) =>
        TokenText.Of(("sub", subject), ("scope", "batch:read batch:write jobs:read jobs:write jobs:delete"));

    /// <summary>Speaks to the service as the browser does with the subject's token.</summary>
    internal JobsCaller As(string subject)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(subject));
        return new JobsCaller(client, null);
    }

    /// <summary>The page <c>/jobs</c>, before anything is typed into it.</summary>
    /// <param name="service">Null: this one.</param>
    internal Task<ChromiumPage> OpenAsync(Uri? service = null) => _browser!.OpenAsync(new Uri(service ?? Address, "/jobs"));

    /// <summary>The page with the subject's token pasted in.</summary>
    internal async Task<ChromiumPage> OpenAsync(string subject)
    {
        var page = await OpenAsync();
        await page.TypeAsync("#token", TokenOf(subject));
        await page.ClickAsync("#identity button");
        return page;
    }

    async Task IAsyncLifetime.InitializeAsync()
    {
        var browser = Chromium.Program is null ? Task.FromResult<Chromium?>(null) : StartAsync();
        await InitializeAsync();
        _browser = await browser;

        static async Task<Chromium?> StartAsync() => await Chromium.StartAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        await DisposeAsync();
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["Auth:Mode"] = "Jwt";
        settings["Auth:SigningKey"] = TokenText.Key;
        settings["Auth:Issuer"] = TokenText.Issuer;
        settings["Auth:Audience"] = TokenText.Audience;
    }
}
