using System.Text.Json;
using BatchService.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary>What the frame endpoints say about themselves, and how they are reached over a real connection.</summary>
public sealed class FrameEndpointTests(FramesFixture service) : IClassFixture<FramesFixture>
{
    [Theory]
    [InlineData("/frames/batch", "post")]
    [InlineData("/frames/validate", "post")]
    [InlineData("/frames/{id}", "patch")]
    public async Task Gives_examples_that_run_as_they_are(string path, string method)
    {
        (await service.Client.PostFramesAsync([Frame("step-1")])).Expect(200);
        var document = JsonSerializer.Deserialize<JsonElement>(await service.Client.GetStringAsync("/openapi/v1.json"));
        var operation = document.GetProperty("paths").GetProperty(path).GetProperty(method);

        var examples = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject().ToList();

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var target = path.Replace("{id}", "step-1", StringComparison.Ordinal);
            (await service.Client.CallAsync(HttpMethod.Parse(method), target, example.Value.GetProperty("value").GetRawText())).Expect(200);
        }
    }

    [Fact]
    public void Asks_for_a_scope_everywhere()
    {
        var scopes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/frames", StringComparison.Ordinal))
            .Select(endpoint => $"{endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0]} {endpoint.RoutePattern.RawText} {endpoint.Metadata.GetRequiredMetadata<RequiredScope>().Scope}");

        Assert.Equal(
            [
                "DELETE /frames/{id} frames:delete", "GET /frames frames:read", "GET /frames/stats frames:read", "GET /frames/{id} frames:read",
                "PATCH /frames/{id} frames:write", "POST /frames/batch frames:write", "POST /frames/validate frames:read",
            ],
            scopes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Works_over_a_real_connection_with_any_id()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);
        await using var process = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={database.ConnectionString}");
        using var client = new HttpClient { BaseAddress = process.Address };
        string[] ids = ["a/b", "a%2Fb", "100%", "a b+c?d#e", "ü/日本/😀", new string('日', 500)];

        (await client.PostFramesAsync(ids.Select(id => Frame(id)))).Expect(200);

        foreach (var id in ids)
        {
            var path = $"/frames/{Uri.EscapeDataString(id)}";
            Assert.Equal(id, (await client.GetFramesAsync(path)).Expect(200).Body.GetProperty("id").GetString());
            (await client.CallAsync(HttpMethod.Delete, path)).Expect(204);
            (await client.GetFramesAsync(path)).Expect(404);
        }
    }
}
