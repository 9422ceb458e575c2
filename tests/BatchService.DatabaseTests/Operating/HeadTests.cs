using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Operating;

/// <summary>HEAD is answered wherever GET is, as probes and <c>curl -I</c> expect.</summary>
public sealed class HeadTests(ChinookFixture service) : IClassFixture<ChinookFixture>
{
    [Fact]
    public async Task Answers_head_like_get_without_a_body_at_every_address()
    {
        var addresses = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(endpoint => $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}")
            .Where(address => !address.EndsWith("/events", StringComparison.Ordinal))
            .Select(address => address.Replace("{entity}", "track", StringComparison.Ordinal))
            .Concat(["/openapi/v1.json"])
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
}
