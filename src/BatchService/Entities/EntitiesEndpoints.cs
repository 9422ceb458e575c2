using BatchService.Batching;
using BatchService.Http;

namespace BatchService.Entities;

/// <summary>What the database holds: the list of entities, one in full, and reading the catalog again.</summary>
internal static class EntitiesEndpoints
{
    public static void MapEntities(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => TypeSchemas.Of(
            EntityJson.Default.EntityList, EntityJson.Default.EntityDescription, EntityJson.Default.CatalogReloaded));
        routes.MapGet("/entities", ListAsync)
            .WithName("GetEntities")
            .WithAnswerBody(nameof(EntityList), StatusCodes.Status200OK)
            .WithTags("Entities")
            .WithSummary("The tables and updatable views that batches can work on")
            .WithAnswer(StatusCodes.Status200OK, "The entities, by name.")
            .RefuseUnknownQuery();
        routes.MapGet("/entities/{entity}", DescribeAsync)
            .WithName("GetEntity")
            .WithAnswerBody(nameof(EntityDescription), StatusCodes.Status200OK)
            .WithTags("Entities")
            .WithSummary("One entity: columns, keys, relations")
            .WithAnswer(StatusCodes.Status200OK, "The entity.")
            .WithPathExample("entity", "invoice", "A name from GET /entities")
            .RefuseUnknownQuery();
        routes.MapPost("/entities/reload", ReloadAsync)
            .WithName("PostEntitiesReload")
            .WithAnswerBody(nameof(CatalogReloaded), StatusCodes.Status200OK)
            .WithTags("Entities")
            .WithSummary("Read the database's catalog again, now")
            .WithAnswer(StatusCodes.Status200OK, "The number of entities and the time of the reading.")
            .RefuseUnknownQuery()
            .RefuseBody()
            .RequireScope("batch:admin");
    }

    private static async Task<IResult> ListAsync(HttpContext context, CatalogCache cache, CancellationToken cancellationToken)
    {
        var catalog = await cache.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var view = new CatalogView(catalog, context.GetCaller());
        return Results.Json(EntityList.Of(catalog, view), EntityJson.Default.EntityList);
    }

    private static async Task<IResult> DescribeAsync(HttpContext context, CatalogCache cache, CancellationToken cancellationToken)
    {
        var entity = RouteText.Read(context, "entity");
        var catalog = await cache.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var view = new CatalogView(catalog, context.GetCaller());
        return view.Refusal(entity, EntityAction.Read) is null && view.TryGet(entity, EntityAction.Read, out var found)
            ? Results.Json(EntityDescription.Of(found, view), EntityJson.Default.EntityDescription)
            : Problem.Of(new Error(ErrorCodes.EntityUnknown, "There is no entity of that name."));
    }

    private static async Task<IResult> ReloadAsync(CatalogCache cache, CancellationToken cancellationToken)
    {
        var catalog = await cache.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return Results.Json(new CatalogReloaded(catalog.Entities.Count, catalog.ReadAt), EntityJson.Default.CatalogReloaded);
    }
}
