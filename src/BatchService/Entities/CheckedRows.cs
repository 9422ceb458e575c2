using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>A row batch after the checks of its request; the rows of a JSON body are checked too, those of a stream as they arrive.</summary>
/// <param name="Task">Null when there are errors.</param>
/// <param name="Open">Opens the rows from the start.</param>
/// <param name="Chunks">The rows of a JSON body; empty for a stream.</param>
/// <param name="Errors">What is wrong with the request as a whole.</param>
internal sealed record CheckedRows(
    RowTask? Task,
    Func<CancellationToken, IAsyncEnumerator<RowChunk>> Open,
    IReadOnlyList<RowChunk> Chunks,
    IReadOnlyList<Error> Errors)
{
    /// <summary>Nothing was found that a fresher catalog could put right.</summary>
    public bool IsClean => Errors.Count == 0 && Chunks.All(chunk => chunk.Refused.Count == 0);

    public static CheckedRows Of(RowBatchRequest request, Catalog catalog, BatchOptions limits)
    {
        var errors = new List<Error>();
        var view = new CatalogView(catalog, request.Caller);
        var action = AccessOf(request.Action);
        if (view.Refusal(request.Entity, action) is { } refusal)
            return Refused([refusal]);
        if (!view.TryGet(request.Entity, action, out var entity))
            return Refused([new Error(ErrorCodes.EntityUnknown, "There is no such entity")]);
        var conflict = ReadConflict(request, entity, errors);
        CheckEntity(request, entity, errors);
        var task = new RowTask(entity, request.Action, conflict, request.Options.Representation, request.Caller);
        if (errors.Count > 0)
            return Refused(errors);
        if (request.Source is RowSource.Json json)
        {
            var chunks = RowChunks.Read(json.Items, task, limits.ChunkRows);
            return new CheckedRows(task, _ => Enumerate(chunks), chunks, []);
        }
        var stream = (RowSource.Streamed)request.Source;
        return new CheckedRows(
            task,
            token => RowChunks.ReadAsync(stream.Open(token), task, stream.Header, limits.ChunkRows, token).GetAsyncEnumerator(token),
            [],
            []);
    }

    /// <summary>Nothing needs to run.</summary>
    public bool IsDecided(RequestOptions options) =>
        options.Validate == Validation.Static || (options is { Atomic: true, ContinueOnError: false } && Chunks.Any(chunk => chunk.Refused.Count > 0));

    /// <summary>All errors of the failed rows: a row may have several.</summary>
    public IReadOnlyList<Error> ProblemsOf(IReadOnlyCollection<ItemOutcome> failures)
    {
        var known = Chunks.SelectMany(chunk => chunk.Errors).ToLookup(error => error.Index);
        return [.. failures.OrderBy(outcome => outcome.Index).SelectMany(outcome => known.Contains(outcome.Index)
            ? known[outcome.Index]
            : [outcome.Error! with { Index = outcome.Index }])];
    }

    private static CheckedRows Refused(IReadOnlyList<Error> errors) => new(null, _ => Enumerate([]), [], errors);

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
        var allowed = request.Action switch
        {
            RowAction.Create => entity.Insertable,
            RowAction.Upsert => entity is { Insertable: true, Updatable: true },
            RowAction.Update => entity.Updatable,
            _ => entity.Deletable,
        };
        if (!allowed)
            errors.Add(new Error(ErrorCodes.ActionInvalid, $"Entity '{entity.Name}' does not allow this action", "/action"));
        if (request.Action is RowAction.Update or RowAction.Delete && !entity.CanTellRows)
            errors.Add(new Error(ErrorCodes.ActionInvalid, $"Entity '{entity.Name}' has no primary key to tell its rows by", "/action"));
        if (request.Source is RowSource.Streamed { Header: { } header })
        {
            errors.AddRange(header
                .Where(name => entity.FindVisible(name) is null && name != RowReader.EtagName)
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

    private static IAsyncEnumerator<RowChunk> Enumerate(IReadOnlyList<RowChunk> chunks) => chunks.ToAsyncEnumerable().GetAsyncEnumerator();
}
