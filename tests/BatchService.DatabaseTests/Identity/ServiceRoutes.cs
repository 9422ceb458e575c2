using BatchService.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Identity;

/// <summary>One endpoint of the running service.</summary>
/// <param name="Path">An address that it answers at, with some value for every parameter.</param>
/// <param name="IsEmpty">Its answer has no body.</param>
internal sealed record ServiceRoute(string Method, string Pattern, string Path, string? Name, bool IsOpen, string? Scope, bool IsEmpty)
{
    public override string ToString() => $"{Method} {Pattern}";
}

/// <summary>The endpoints that the running service has, whoever mapped them.</summary>
internal static class ServiceRoutes
{
    public static IReadOnlyList<ServiceRoute> Of(IServiceProvider services) =>
    [
        .. services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => Describe(endpoint, method)))
            .DistinctBy(route => route.ToString()),
    ];

    private static ServiceRoute Describe(RouteEndpoint endpoint, string method) => new(
        method,
        endpoint.RoutePattern.RawText ?? "",
        "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "00000000-0000-7000-8000-000000000001")))),
        endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
        endpoint.Metadata.GetMetadata<OpenEndpoint>() is not null,
        endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope,
        endpoint.Metadata.GetOrderedMetadata<SuccessAnswer>() is [{ Status: 204 }]);
}
