using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Operating;

/// <summary>HEAD is answered wherever GET is, as probes and <c>curl -I</c> expect.</summary>
public sealed class HeadTests(ChinookFixture service) : IClassFixture<ChinookFixture>
{
    /// <summary>The one would end only with its job, the other claims a job.</summary>
    private static readonly string[] s_withoutHead = ["/batch/jobs/{id}/events", "/notebooks/{id}/jobs/next"];

    [Fact]
    public async Task Answers_head_like_get_without_a_body_at_every_address()
    {
        var addresses = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(endpoint => $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}")
            .Where(address => !s_withoutHead.Contains(address))
            .Select(address => address.Replace("{entity}", "track", StringComparison.Ordinal))
            .Concat(["/openapi/v1.json", "/frames/events"])
            .ToList();

        Assert.Contains("/healthz", addresses);
        foreach (var address in addresses)
        {
            using var get = await service.Client.GetAsync(address);
            using var head = await service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));

            Assert.Equal((address, get.StatusCode), (address, head.StatusCode));
            Assert.Equal((address, get.Content.Headers.ContentType), (address, head.Content.Headers.ContentType));
            Assert.Equal((address, 0), (address, (await head.Content.ReadAsByteArrayAsync()).Length));
        }
    }

    [Fact]
    public async Task Names_head_among_the_methods_that_an_address_answers_to()
    {
        using var refused = await service.Client.PutAsync("/healthz", null);
        using var unknown = await service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/batch"));

        Assert.Equal(["GET", "HEAD"], refused.Content.Headers.Allow.Order());
        Assert.Equal(405, (int)unknown.StatusCode);
        Assert.Equal(["POST"], unknown.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_head_claims_no_job_of_a_notebook()
    {
        using var created = await service.Client.PostAsync("/notebooks", """{ "name": "probed" }""");
        var notebook = $"/notebooks/{(await created.JsonAsync()).GetProperty("id").GetString()}";
        using var written = await service.Client.PostAsync($"{notebook}/entries", """{ "content": "something to distil" }""");
        var address = $"{notebook}/jobs/next?worker_id=w1";

        using var head = await service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));

        Assert.Equal(405, (int)head.StatusCode);
        Assert.Equal(["GET"], head.Content.Headers.Allow);
        var claimed = JsonElement.Parse(await service.Client.GetStringAsync(address));
        Assert.Equal(("in_progress", 0), (claimed.GetProperty("status").GetString(), claimed.GetProperty("queue_depth").GetInt32()));
    }

    [Theory]
    [InlineData("/batch/jobs/00000000-0000-0000-0000-000000000001/events")]
    [InlineData("/notebooks/00000000-0000-0000-0000-000000000001/jobs/next")]
    public async Task Does_not_name_head_where_it_is_refused(string address)
    {
        using var head = await service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));
        using var put = await service.Client.PutAsync(address, null);

        Assert.Equal((405, 405), ((int)head.StatusCode, (int)put.StatusCode));
        Assert.Equal(["GET"], head.Content.Headers.Allow);
        Assert.Equal(["GET"], put.Content.Headers.Allow);
    }
}
