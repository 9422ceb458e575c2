using System.Diagnostics;
using System.Text;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>The page <c>/jobs</c> in a real browser.</summary>
public sealed class JobPageTests
{
    private const string Items = """
        {"job_type":"attestations","items":[{"subjects":["good"]},{"subjects":[]}]}
        """;

    [ChromiumFact]
    public async Task Shows_a_job_with_its_progress_and_what_can_be_done_with_it()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);
        await using var service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={database.ConnectionString}");
        using var client = new HttpClient { BaseAddress = service.Address };
        using var body = new StringContent(Items, Encoding.UTF8, "application/json");
        using var accepted = await client.PostAsync(new Uri("/batch/jobs", UriKind.Relative), body);
        using var wait = new HttpRequestMessage(HttpMethod.Get, accepted.Headers.Location);
        wait.Headers.Add("Prefer", "wait=30");
        using var ended = await client.SendAsync(wait);

        var page = await DumpAsync(new Uri(service.Address!, "/jobs"));

        Assert.Contains("data-status=\"completed\"", page, StringComparison.Ordinal);
        Assert.Contains(accepted.Headers.Location!.ToString().Split('/')[^1], page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"success\">1 of 2</td>", page, StringComparison.Ordinal);
        Assert.Contains("<button data-do=\"retry\">", page, StringComparison.Ordinal);
        Assert.Contains("<button data-do=\"cancel\" hidden=\"\">", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loads_nothing_from_elsewhere()
    {
        await using var fixture = new PageFixture();
        await fixture.InitializeAsync();
        foreach (var path in new[] { "/jobs", "/jobs/jobs.js", "/jobs/jobs.css" })
        {
            using var response = await fixture.Client.GetAsync(new Uri(path, UriKind.Relative));

            Assert.True(response.IsSuccessStatusCode);
            Assert.DoesNotContain("//", (await response.Content.ReadAsStringAsync()).Replace("// ", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.StartsWith("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
    }

    /// <summary>What the page holds when its scripts have come to rest.</summary>
    private static async Task<string> DumpAsync(Uri address)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
            "--virtual-time-budget=10000", "--dump-dom", address.ToString(),
        ];
        using var browser = Process.Start(new ProcessStartInfo(ChromiumFactAttribute.Path!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        browser.ErrorDataReceived += (_, _) => { };
        browser.BeginErrorReadLine();
        var page = await browser.StandardOutput.ReadToEndAsync();
        await browser.WaitForExitAsync();
        return page;
    }

    private sealed class PageFixture : ServiceFixture, IAsyncDisposable
    {
        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}

/// <summary>Runs where Chromium is installed; elsewhere it says that it did not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Path is null)
            Skip = "There is no Chromium on this machine.";
    }

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => System.IO.Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
