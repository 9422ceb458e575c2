using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>What compiling needs besides the operation itself.</summary>
/// <param name="Representation">The answer shows the rows.</param>
/// <param name="Referenced">The ids of the operations whose rows others reference.</param>
internal sealed record CompileContext(Catalog Catalog, int MaxRows, int MaxAffected, bool Representation, IReadOnlySet<string> Referenced)
{
    private readonly Dictionary<Caller, CatalogView> _views = new(ReferenceEqualityComparer.Instance);

    /// <summary>The catalog as one of the operations' callers may use it.</summary>
    public CatalogView ViewOf(Caller caller)
    {
        if (_views.TryGetValue(caller, out var known))
            return known;
        var view = new CatalogView(Catalog, caller);
        _views.Add(caller, view);
        return view;
    }

    /// <summary>The database is to return the rows that the operation writes.</summary>
    public bool WantsRows(Operation operation) => Representation || Referenced.Contains(operation.Id);
}

/// <summary>The values of an operation, with or without their references resolved.</summary>
/// <param name="Query">Null when absent.</param>
internal sealed record OperationValues(JsonElement Store, IReadOnlyList<FilterField>? Query, JsonElement Metadata)
{
    /// <summary>Before the run.</summary>
    /// <param name="isDeferred">True for values that still hold references.</param>
    public static OperationValues Of(Operation operation, Func<JsonElement, bool> isDeferred)
    {
        IReadOnlyList<FilterField>? query = operation.QueryParams.ValueKind == JsonValueKind.Undefined
            ? null
            : [.. operation.QueryParams.EnumerateObject().Select(field =>
                new FilterField(field.Name, isDeferred(field.Value) ? null : FilterInput.Written(field.Value)))];
        return new OperationValues(operation.StoreParams, query, operation.MetadataParams);
    }
}

/// <summary>An operation ready to be written: rows that may join those of its neighbours, or a statement of its own.</summary>
internal sealed record OperationCommand(RowTask? Task, RowsOfItem? Rows, WriteSet? Set);

/// <summary>Checks an operation against the catalog and makes its command. Pure; the same code before the run and, once references are known, in it.</summary>
internal static class OperationCompiler
{
    /// <summary>The command, or null and what is wrong.</summary>
    /// <param name="isDeferred">True for values that still hold references; they are not checked, and the command is of no use.</param>
    public static OperationCommand? Compile(
        Operation operation,
        OperationValues values,
        Entity entity,
        Caller caller,
        CompileContext context,
        Func<JsonElement, bool> isDeferred,
        List<Error> errors)
    {
        var before = errors.Count;
        CheckFields(operation, values, entity, errors);
        var metadata = MetadataParser.Parse(operation, values.Metadata, entity, context.ViewOf(caller), isDeferred, errors);
        var item = new ItemPlace(operation.Index, operation.Id, operation.Place);
        OperationCommand? command = null;
        if (operation.Action is EntityAction.Create or EntityAction.Upsert)
        {
            command = CompileRows(operation, values, entity, caller, metadata, context, isDeferred, errors);
        }
        else
        {
            var filter = FilterParser.Parse(values.Query ?? [], entity, context.ViewOf(caller), operation.PlaceOf("query_params"), errors);
            if (operation.Action is EntityAction.Update or EntityAction.Delete)
                CheckVersion(operation, filter, entity, errors);
            var set = operation.Action switch
            {
                EntityAction.Read => Read(item, entity, filter, metadata, context, caller),
                EntityAction.Assert => new AssertSet(item, entity, filter, metadata.Expect) { Caller = caller },
                EntityAction.Delete => Change(null),
                _ => Change(AssignmentParser.Parse(operation, values.Store, entity, isDeferred, errors)),
            };
            command = new OperationCommand(null, null, set);

            WriteSet Change(IReadOnlyList<Assignment>? assignments) => new FilteredWriteSet(
                item,
                entity,
                filter,
                assignments,
                new Expectations(metadata.MaxAffected ?? context.MaxAffected, metadata.ExpectAffected, metadata.AnyAffected, metadata.IfMatch),
                context.WantsRows(operation))
            { Caller = caller };
        }
        for (var position = before; position < errors.Count; position++)
            errors[position] = errors[position] with { Index = operation.Index, Id = operation.Id };
        return errors.Count == before ? command : null;
    }

    private static void CheckFields(Operation operation, OperationValues values, Entity entity, List<Error> errors)
    {
        var tells = entity.ConcurrencyColumn is null || entity.FindReadable(entity.ConcurrencyColumn) is not null;
        if (!entity.Allows(operation.Action) || (operation.Action is EntityAction.Update or EntityAction.Delete && !tells))
            errors.Add(new Error(ErrorCodes.ActionInvalid, $"Entity '{entity.Name}' does not allow this action", operation.PlaceOf("action")));
        if (operation.Action is EntityAction.Update or EntityAction.Delete)
            CheckFilter(operation, values, entity, errors);
    }

    private static void CheckFilter(Operation operation, OperationValues values, Entity entity, List<Error> errors)
    {
        var place = operation.PlaceOf("query_params");
        if (values.Query is not { Count: > 0 } query)
            errors.Add(new Error(ErrorCodes.FilterRequired, $"Operation '{operation.Id}' must say in 'query_params' which rows are meant", place));
        else if (entity.ConcurrencyColumn is { } version && entity.FindReadable(version) is not null && !query.Any(field => field.Name == version))
            errors.Add(WithoutVersion(operation, version));
    }

    /// <summary>A comparison that other versions meet as well would let a change through that its writer has not seen.</summary>
    private static void CheckVersion(Operation operation, IReadOnlyList<FilterCondition> filter, Entity entity, List<Error> errors)
    {
        var isLoose = filter.Any(condition => condition.Relation is null
            && condition.Column.Name == entity.ConcurrencyColumn
            && condition.Operator is not (FilterOperator.Eq or FilterOperator.In or FilterOperator.IsNull));
        if (isLoose)
            errors.Add(WithoutVersion(operation, entity.ConcurrencyColumn!));
    }

    private static Error WithoutVersion(Operation operation, string version) => new(
        ErrorCodes.FilterRequired,
        $"Operation '{operation.Id}' must name the current '{version}' in 'query_params'",
        JsonPointer.Append(operation.PlaceOf("query_params"), version));

    private static OperationCommand CompileRows(
        Operation operation,
        OperationValues values,
        Entity entity,
        Caller caller,
        OperationMetadata metadata,
        CompileContext context,
        Func<JsonElement, bool> isDeferred,
        List<Error> errors)
    {
        var action = operation.Action == EntityAction.Create ? RowAction.Create : RowAction.Upsert;
        var reader = new RowReader(entity, action);
        var place = operation.PlaceOf("store_params");
        var rows = new List<ParsedRow>();
        if (values.Store.ValueKind == JsonValueKind.Array)
        {
            foreach (var row in values.Store.EnumerateArray())
                rows.Add(reader.Read(row, JsonPointer.Append(place, rows.Count), isDeferred, errors));
            if (rows.Count == 0)
                errors.Add(new Error(ErrorCodes.FieldInvalid, $"Operation '{operation.Id}': 'store_params' has no rows", place));
        }
        else
        {
            var row = values.Store.ValueKind == JsonValueKind.Undefined ? EmptyObject : values.Store;
            rows.Add(reader.Read(row, place, isDeferred, errors));
        }
        if (metadata.OnConflict is { } rule && !isDeferred(values.Store))
            CheckKeys(rows, rule, entity, errors);
        var task = new RowTask(entity, action, metadata.OnConflict, context.WantsRows(operation), caller);
        return new OperationCommand(task, new RowsOfItem(operation.Index, operation.Id, rows), null);
    }

    /// <summary>A row without the key cannot meet an existing one, so it is inserted; one statement cannot do both.</summary>
    private static void CheckKeys(List<ParsedRow> rows, OnConflict rule, Entity entity, List<Error> errors)
    {
        var ordinals = rule.Columns.Select(entity.OrdinalOf).ToList();
        var keyless = rows.FindAll(row => ordinals.Exists(ordinal => row.Texts[ordinal] is null));
        if (keyless.Count == 0 || keyless.Count == rows.Count)
            return;
        foreach (var row in keyless)
            errors.Add(new Error(ErrorCodes.ValidationFailed, "Either all rows of an upsert name the key or none does; send these in an operation of their own.", row.Pointer));
    }

    private static ReadSet Read(
        ItemPlace item, Entity entity, IReadOnlyList<FilterCondition> filter, OperationMetadata metadata, CompileContext context, Caller caller) =>
        new(item, new ReadQuery(
            entity,
            filter,
            metadata.Sort,
            metadata.Columns,
            metadata.Embeds,
            metadata.Limit,
            metadata.Offset,
            metadata.CountOnly,
            context.MaxRows))
        { Caller = caller };

    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);
}
