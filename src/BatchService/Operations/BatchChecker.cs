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
    /// <summary>
    /// The checked batch, or null and the errors: those of the request as a whole and, when it is malformed, those of its operations too.
    /// </summary>
    public static CheckedBatch? Check(OperationBatch batch, Catalog catalog, Caller caller, BatchOptions limits, List<Error> requestErrors)
    {
        var references = batch.Operations.Select(operation => Scan(operation, requestErrors)).ToList();
        var referenced = references.SelectMany(found => found).Select(found => found.Reference.Operation).ToHashSet(StringComparer.Ordinal);
        var context = new CompileContext(catalog, limits.MaxRows, limits.MaxAffected, batch.Options.Representation, referenced);
        var planned = batch.Operations.Select((operation, index) => Plan(operation, references[index], caller, context, requestErrors)).ToList();
        var links = planned.ConvertAll(one => new OperationLinks(one.Operation, one.References, ResultShape.Of(one, context.ViewOf(one.Caller))));
        var graph = Link(links, limits, requestErrors);
        if (requestErrors.Count == 0)
            return new CheckedBatch(planned, graph!, batch.Options, context, limits.MaxResolvedBytes);
        if (requestErrors.Exists(error => error.Code.Status == 400))
            requestErrors.AddRange(planned.SelectMany(one => one.Errors));
        return null;
    }

    /// <summary>The errors of ids, dependencies and references alone, of a batch whose fields are wrong in other ways already.</summary>
    public static IReadOnlyList<Error> CheckLinks(OperationBatch batch, BatchOptions limits)
    {
        var errors = new List<Error>();
        Link(batch.Operations, limits, errors);
        return errors;
    }

    /// <summary>The graph by ids, dependencies and references alone; null, and the errors, when they do not fit.</summary>
    public static DependencyGraph? Link(IReadOnlyList<Operation> operations, BatchOptions limits, List<Error> errors) =>
        Link([.. operations.Select(one => new OperationLinks(one, Scan(one, errors), ReferenceShape.Anything))], limits, errors);

    private static DependencyGraph? Link(List<OperationLinks> links, BatchOptions limits, List<Error> errors)
    {
        var shapes = links
            .DistinctBy(one => one.Operation.Id)
            .ToDictionary(one => one.Operation.Id, one => one.Shape, StringComparer.Ordinal);
        foreach (var one in links)
            errors.AddRange(one.References
                .Select(found => ReferenceCheck.Check(one.Operation.Index, one.Operation.Id, found, shapes))
                .OfType<Error>());
        if (!DependencyGraph.TryBuild(ToNodes(links), out var graph, out var graphErrors, limits.MaxDependencyDepth))
            errors.AddRange(graphErrors);
        return graph;
    }

    private static PlannedOperation Plan(
        Operation operation, IReadOnlyList<FoundReference> references, Caller caller, CompileContext context, List<Error> requestErrors)
    {
        var errors = new List<Error>();
        var narrowed = ClaimsNarrowing.Narrow(caller, operation, requestErrors);
        var entity = FindEntity(operation, context.ViewOf(narrowed), errors);
        var command = entity is null
            ? null
            : OperationCompiler.Compile(operation, OperationValues.Of(operation, HoldsReference), entity, narrowed, context, HoldsReference, errors);
        var isFinal = references.Count == 0 && !MayNeedUnescaping(operation);
        return new PlannedOperation(operation, entity, narrowed, references, isFinal ? command : null, errors);
    }

    private static IReadOnlyList<FoundReference> Scan(Operation operation, List<Error> requestErrors)
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
        return references;
    }

    private static Entity? FindEntity(Operation operation, CatalogView view, List<Error> errors)
    {
        // Refused before it is looked up: who may not ask learns nothing about what exists.
        if (view.Refusal(operation.Entity, operation.Action) is { } refusal)
            errors.Add(refusal with { Pointer = operation.PlaceOf("entity"), Index = operation.Index, Id = operation.Id });
        else if (view.TryGet(operation.Entity, operation.Action, out var entity))
            return entity;
        else
            errors.Add(new Error(ErrorCodes.EntityUnknown, $"Operation '{operation.Id}' names an unknown entity", operation.PlaceOf("entity")) { Index = operation.Index, Id = operation.Id });
        return null;
    }

    private static bool HoldsReference(JsonElement value) => ReferenceSyntax.MayOccurIn(value);

    /// <summary><c>$$ref:</c> is no reference, but must lose its escape before the value is used.</summary>
    private static bool MayNeedUnescaping(Operation operation) =>
        HoldsReference(operation.StoreParams) || HoldsReference(operation.QueryParams) || HoldsReference(operation.MetadataParams);

    private static List<DependencyNode> ToNodes(List<OperationLinks> links)
    {
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in links)
            indexes.TryAdd(one.Operation.Id, one.Operation.Index);
        return links.ConvertAll(one => new DependencyNode(
            one.Operation.Id,
            one.Operation.DependsOn,
            [.. one.References
                .Where(found => indexes.ContainsKey(found.Reference.Operation))
                .Select(found => new ImpliedDependency(indexes[found.Reference.Operation], found.Pointer))]));
    }

    /// <summary>What ties an operation to the others: its references, and what others may reference of it.</summary>
    private sealed record OperationLinks(Operation Operation, IReadOnlyList<FoundReference> References, ReferenceShape Shape);
}
