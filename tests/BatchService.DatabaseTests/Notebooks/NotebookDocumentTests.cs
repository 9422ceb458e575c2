using System.Text.Json;
using BatchService.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>What the OpenAPI document says about notebooks, and the scopes that they ask for.</summary>
public sealed class NotebookDocumentTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Every_example_runs_as_it_is_on_a_notebook_of_ones_own()
    {
        var paths = JsonSerializer.Deserialize<JsonElement>(await service.Client.GetStringAsync("/openapi/v1.json")).GetProperty("paths");
        var ran = 0;
        foreach (var path in paths.EnumerateObject().Where(path => path.Name.StartsWith("/notebooks", StringComparison.Ordinal)))
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                foreach (var body in Bodies(operation.Value))
                {
                    var (address, job) = await PrepareAsync(path.Name, operation.Value, body);
                    var reply = await Client.SendAsync(new HttpMethod(operation.Name.ToUpperInvariant()), address, body);
                    Assert.True((int)reply.Status is >= 200 and < 300, $"{operation.Name} {path.Name} {body} {job}: {reply.Status} {reply.Body}");
                    ran++;
                }
            }
        }
        Assert.True(ran >= 24, $"{ran}");
    }

    [Fact]
    public void Every_endpoint_asks_for_a_scope_of_notebooks()
    {
        var endpoints = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/notebooks", StringComparison.Ordinal)).ToList();

        Assert.Equal(21, endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            var scope = endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope;
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            var path = endpoint.RoutePattern.RawText;
            var expected = (method, path) switch
            {
                ("GET", "/notebooks/{id}/jobs/next") => "notebooks:write",
                ("GET", _) => "notebooks:read",
                ("DELETE", "/notebooks/{id}") => "notebooks:delete",
                _ => "notebooks:write",
            };
            Assert.Equal((method, path, expected), (method, path, scope));
        }
    }

    private static IEnumerable<string?> Bodies(JsonElement operation) => operation.TryGetProperty("requestBody", out var body)
        ? body.GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject()
            .Select(example => (string?)example.Value.GetProperty("value").GetRawText())
        : [null];

    /// <summary>A fresh notebook that holds what the example speaks of; the address with its ids and example values.</summary>
    private async Task<(string Address, string Job)> PrepareAsync(string path, JsonElement operation, string? body)
    {
        var id = await Client.CreateAsync();
        const string entry = "019aa5c0-0000-7000-8000-000000000011";
        var address = path.Replace("{id}", $"{id}", StringComparison.Ordinal).Replace("{entryId}", entry, StringComparison.Ordinal)
            .Replace("{subject}", "ada", StringComparison.Ordinal);
        if (path != "/notebooks/{id}/batch")
            (await Client.BatchAsync(id, NotebookClient.Entry(id: Guid.Parse(entry)))).Expect(201);
        await Client.PostAsync($"/notebooks/{id}/share", """{ "subject": "ada", "tier": "read" }""");
        var job = "";
        if (path.Contains("{jobId}", StringComparison.Ordinal))
        {
            var type = (body!.Contains("entropy", StringComparison.Ordinal), body.Contains("primary_topic", StringComparison.Ordinal)) switch
            {
                (true, _) => "COMPARE_CLAIMS",
                (_, true) => "CLASSIFY_TOPIC",
                _ => "DISTILL_CLAIMS",
            };
            await service.RunAsync("UPDATE batch.notebook_job SET job_type = $2, payload = payload || jsonb_build_object('compare_against_id', gen_random_uuid()) WHERE notebook_id = $1", id, type);
            job = (await Client.NextAsync(id, "robot-1")).Expect(200)["id"].GetString()!;
        }
        var query = operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray()
                .Where(parameter => parameter.GetProperty("in").GetString() == "query" && parameter.TryGetProperty("example", out _))
                .Select(parameter => $"{parameter.GetProperty("name").GetString()}={Uri.EscapeDataString(parameter.GetProperty("example").GetString()!)}")
            : [];
        return ($"{address.Replace("{jobId}", job, StringComparison.Ordinal)}?{string.Join('&', query)}", job);
    }
}
