using System.Text.Json;
using BatchService.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BatchService.Tests.Http;

/// <summary>Texts in addresses, over a real connection: what is between client and route may decode them, too.</summary>
public sealed class RouteTextTests : IAsyncLifetime
{
    private readonly WebApplication _app;
    private readonly HttpClient _client = new();

    public RouteTextTests()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.UsePathBase("/base");
        _app.UseRouting();
        _app.MapGet("/things/{name}/share/{subject}", (HttpContext context) => Results.Json(new[] { RouteText.Read(context, "name"), RouteText.Read(context, "subject") }));
    }

    public Task InitializeAsync() => _app.StartAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("/things/a/share/b", "a", "b")]
    [InlineData("/things/a%2Fb/share/c%2fd", "a/b", "c/d")]
    [InlineData("/things/a%252Fb/share/%252f", "a%2Fb", "%2f")]
    [InlineData("/things/a%25252Fb/share/%2525", "a%252Fb", "%25")]
    [InlineData("/things/100%25/share/a+b%20c%2B", "100%", "a+b c+")]
    [InlineData("/things/%C3%BC/share/日本%2F%F0%9F%98%80", "ü", "日本/😀")]
    [InlineData("/things/a%2Fb/share/c/", "a/b", "c")]
    [InlineData("/things/a%2Fb/share/c?d=/e", "a/b", "c")]
    [InlineData("/base/things/a%2Fb/share/c", "a/b", "c")]
    [InlineData("/things/a/share/b/../c", "a", "c")]
    [InlineData("/things/a/share/c/.", "a", "c")]
    public async Task Are_decoded_exactly_once(string target, string name, string subject)
    {
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var sent = string.Concat(target.Select(character => char.IsAscii(character) ? $"{character}" : Uri.EscapeDataString($"{character}")));

        var text = await _client.GetStringAsync(new Uri(_app.Urls.First() + sent, raw));

        Assert.Equal([name, subject], JsonSerializer.Deserialize<string[]>(text)!);
    }
}
