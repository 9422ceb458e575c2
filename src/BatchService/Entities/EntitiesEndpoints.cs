using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>What the database holds: the list of entities, one in full, and reading the catalog again.</summary>
internal static class EntitiesEndpoints
{
    private static readonly TimeSpan MaxAgeOfRefusal = TimeSpan.FromSeconds(1);

    public static IEndpointRouteBuilder MapEntities(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/entities", ListAsync);
        routes.MapGet("/entities/{entity}", DescribeAsync);
        routes.MapPost("/entities/reload", ReloadAsync);
        return routes;
    }

    private static async Task<IResult> ListAsync(CatalogCache cache, CancellationToken cancellationToken) =>
        Results.Json(EntityList.Of(await cache.GetAsync(cancellationToken)), EntityJson.Default.EntityList);

    private static async Task<IResult> DescribeAsync(string entity, CatalogCache cache, CancellationToken cancellationToken)
    {
        var catalog = await cache.GetAsync(cancellationToken);
        if (!catalog.TryGet(entity, out var found))
        {
            catalog = await cache.RefreshAsync(MaxAgeOfRefusal, cancellationToken);
        }

        return found is not null || catalog.TryGet(entity, out found)
            ? Results.Json(EntityDescription.Of(found), EntityJson.Default.EntityDescription)
            : Refused(ErrorCodes.EntityUnknown, "There is no entity of that name.");
    }

    private static async Task<IResult> ReloadAsync(CatalogCache cache, CancellationToken cancellationToken)
    {
        var catalog = await cache.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return Results.Json(new CatalogReloaded(catalog.Entities.Count, catalog.ReadAt), EntityJson.Default.CatalogReloaded);
    }

    private static IResult Refused(ErrorCode code, string detail) =>
        Results.Problem(
            detail,
            statusCode: code.Status,
            title: code.Title,
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code.Name, ["error"] = detail });
}
