using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>
/// Checks a batch against the catalog, the caller's rights and itself before any statement runs. What makes the request as a whole wrong
/// (ids, dependencies, references) is told apart from what is an operation's own fault (columns, types, rights).
/// </summary>
internal static class BatchChecker
{
    /// <summary>The checked batch, or null and the errors of the request as a whole.</summary>
    public static CheckedBatch? Check(OperationBatch batch, Catalog catalog, Caller caller, BatchOptions limits, List<Error> requestErrors)
    {
        var context = new CompileContext(catalog, limits.MaxRows, limits.MaxAffected, batch.Options.Representation);
        var planned = batch.Operations.Select(operation => Plan(operation, caller, context, requestErrors)).ToList();
        var shapes = planned
            .DistinctBy(one => one.Operation.Id)
            .ToDictionary(one => one.Operation.Id, one => ResultShape.Of(one, catalog), StringComparer.Ordinal);
        foreach (var one in planned)
            requestErrors.AddRange(one.References
                .Select(found => ReferenceCheck.Check(one.Operation.Index, one.Operation.Id, found, shapes))
                .OfType<Error>());
        if (!DependencyGraph.TryBuild(ToNodes(planned), out var graph, out var graphErrors))
            requestErrors.AddRange(graphErrors);
        return requestErrors.Count > 0 ? null : new CheckedBatch(planned, graph!, batch.Options, context, limits.MaxResolvedBytes);
    }

    private static PlannedOperation Plan(Operation operation, Caller caller, CompileContext context, List<Error> requestErrors)
    {
        var references = new List<FoundReference>();
        foreach (var (value, field) in new[]
        {
            (operation.StoreParams, "store_params"), (operation.QueryParams, "query_params"), (operation.MetadataParams, "metadata_params"),
        })
        {
            if (value.ValueKind == JsonValueKind.Undefined)
                continue;
            var scan = ReferenceScan.Collect(value, operation.PlaceOf(field));
            references.AddRange(scan.References);
            requestErrors.AddRange(scan.Errors.Select(error => error with { Index = operation.Index, Id = operation.Id }));
        }
        var errors = new List<Error>();
        var narrowed = ClaimsNarrowing.Narrow(caller, operation, requestErrors);
        var entity = FindEntity(operation, narrowed, context.Catalog, errors);
        var command = entity is null || requestErrors.Count > 0
            ? null
            : OperationCompiler.Compile(operation, OperationValues.Of(operation), entity, narrowed, context, HoldsReference, errors);
        var isFinal = references.Count == 0 && !MayNeedUnescaping(operation);
        return new PlannedOperation(operation, entity, narrowed, references, isFinal ? command : null, errors);
    }

    private static Entity? FindEntity(Operation operation, Caller caller, Catalog catalog, List<Error> errors)
    {
        // Refused before it is looked up: who may not ask learns nothing about what exists.
        if (EntityAccess.Refusal(caller, operation.Entity, AccessOf(operation.Action)) is { } refusal)
            errors.Add(refusal with { Pointer = operation.PlaceOf("entity"), Index = operation.Index, Id = operation.Id });
        else if (catalog.TryGet(operation.Entity, out var entity))
            return entity;
        else
            errors.Add(new Error(ErrorCodes.EntityUnknown, $"Operation '{operation.Id}' names an unknown entity", operation.PlaceOf("entity")) { Index = operation.Index, Id = operation.Id });
        return null;
    }

    public static EntityAction AccessOf(OperationAction action) => action switch
    {
        OperationAction.Create or OperationAction.Update or OperationAction.Upsert => EntityAction.Write,
        OperationAction.Delete => EntityAction.Delete,
        _ => EntityAction.Read,
    };

    private static bool HoldsReference(JsonElement value) => ReferenceSyntax.MayOccurIn(value);

    /// <summary><c>$$ref:</c> is no reference, but must lose its escape before the value is used.</summary>
    private static bool MayNeedUnescaping(Operation operation) =>
        HoldsReference(operation.StoreParams) || HoldsReference(operation.QueryParams) || HoldsReference(operation.MetadataParams);

    private static List<DependencyNode> ToNodes(List<PlannedOperation> planned)
    {
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in planned)
            indexes.TryAdd(one.Operation.Id, one.Operation.Index);
        return [.. planned.Select(one => new DependencyNode(
            one.Operation.Id,
            one.Operation.DependsOn,
            [.. one.References
                .Where(found => indexes.ContainsKey(found.Reference.Operation))
                .Select(found => new ImpliedDependency(indexes[found.Reference.Operation], found.Pointer))]))];
    }
}
