using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Entities;

/// <summary>A row batch after the checks of its request against the catalog.</summary>
/// <param name="Task">What is to be done with the rows; null when there are errors.</param>
/// <param name="Rows">Null when there are errors.</param>
/// <param name="Errors">What is wrong with the request as a whole.</param>
internal sealed record CheckedRows(RowTask? Task, ItemBatch<RowsOfItem>? Rows, IReadOnlyList<Error> Errors)
{
    /// <summary>Nothing was found that a fresher catalog could put right.</summary>
    public bool IsClean => Rows is { IsClean: true };

    public static CheckedRows Of(RowBatchRequest request, Catalog catalog, BatchOptions limits)
    {
        var errors = new List<Error>();
        var view = new CatalogView(catalog, request.Batch.Caller);
        var action = AccessOf(request.Action);
        if (view.Refusal(request.Entity, action) is { } refusal)
            return new CheckedRows(null, null, [refusal]);
        if (!view.TryGet(request.Entity, action, out var entity))
            return new CheckedRows(null, null, [new Error(ErrorCodes.EntityUnknown, "There is no such entity")]);
        var conflict = ReadConflict(request, entity, errors);
        CheckEntity(request, entity, errors);
        if (errors.Count > 0)
            return new CheckedRows(null, null, errors);
        var task = new RowTask(entity, request.Action, conflict, request.Batch.Options.Representation, request.Batch.Caller);
        var header = (request.Source as ItemSource.Streamed)?.Header;
        var rows = ItemBatch<RowsOfItem>.Of(
            request.Source,
            () => new ItemChunks<RowsOfItem>("/items", limits.ChunkRows, Reading(task, header)),
            items => RowSets.Arrange(task, items));
        return new CheckedRows(task, rows, []);
    }

    /// <summary>Makes the reader of one pass over the rows.</summary>
    public static ItemReading<RowsOfItem> Reading(RowTask task, IReadOnlyList<string>? header)
    {
        var reader = new RowReader(task.Entity, task.Action);
        return (input, pointer, errors) =>
        {
            var row = input.Fields is { } fields ? reader.Read(header!, fields, pointer, errors) : reader.Read(input.Json, pointer, null, errors);
            return new RowsOfItem(input.Index, null, [row]);
        };
    }

    private static OnConflict? ReadConflict(RowBatchRequest request, Entity entity, List<Error> errors)
    {
        if (request.Action == RowAction.Upsert)
        {
            return request.OnConflict.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
                ? ConflictParser.Default(entity, "/options/on_conflict", errors)
                : ConflictParser.Parse(request.OnConflict, entity, "/options/on_conflict", errors);
        }
        if (request.OnConflict.ValueKind != JsonValueKind.Undefined)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "'on_conflict' belongs to upsert only", "/options/on_conflict"));
        return null;
    }

    private static void CheckEntity(RowBatchRequest request, Entity entity, List<Error> errors)
    {
        if (!entity.Allows(AccessOf(request.Action)))
            errors.Add(new Error(ErrorCodes.ActionInvalid, $"Entity '{entity.Name}' does not allow this action", "/action"));
        if (request.Action is RowAction.Update or RowAction.Delete && !entity.CanTellRows)
            errors.Add(new Error(ErrorCodes.ActionInvalid, $"Entity '{entity.Name}' has no primary key to tell its rows by", "/action"));
        if (request.Source is ItemSource.Streamed { Header: { } header })
        {
            errors.AddRange(header
                .Where(name => entity.FindVisible(name) is null && name != RowReader.EtagName && !JobDownload.IsAddedToFailed(name))
                .Select(name => new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such column", JsonPointer.Append("/header", name))));
        }
    }

    public static EntityAction AccessOf(RowAction action) => action switch
    {
        RowAction.Create => EntityAction.Create,
        RowAction.Upsert => EntityAction.Upsert,
        RowAction.Update => EntityAction.Update,
        _ => EntityAction.Delete,
    };
}
