using System.Net;

namespace BatchService.DatabaseTests.Operating;

/// <summary>One origin is let in.</summary>
public sealed class CorsFixture : Identity.IdentityFixture
{
    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["Cors:Origins:0"] = "https://app.example";
    }
}

/// <summary>Pages of other sites: those that are configured, and no others.</summary>
public sealed class CorsTests(CorsFixture service, ChinookFixture other) : IClassFixture<CorsFixture>, IClassFixture<ChinookFixture>
{
    [Fact]
    public async Task Lets_the_configured_origin_ask_and_read()
    {
        using var asked = await PreflightAsync(service.CreateClient(), "https://app.example");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/batch");
        request.Headers.Add("Origin", "https://app.example");
        using var answered = await service.CreateClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Equal("https://app.example", asked.Header("Access-Control-Allow-Origin"));
        Assert.Contains("POST", asked.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, answered.StatusCode);
        Assert.Equal("https://app.example", answered.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Batch-Id", answered.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.Null(answered.Header("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Tells_another_origin_nothing()
    {
        using var asked = await PreflightAsync(service.CreateClient(), "https://evil.example");

        Assert.Null(asked.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Is_off_where_nothing_is_configured()
    {
        using var asked = await PreflightAsync(other.CreateClient(), "https://app.example");

        Assert.Null(asked.Header("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, asked.StatusCode);
    }

    private static async Task<HttpResponseMessage> PreflightAsync(HttpClient client, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/batch");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type,authorization");
        return await client.SendAsync(request);
    }
}
