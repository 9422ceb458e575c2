using System.Text.Json;

namespace BatchService.Batching;

/// <summary>Where the items of a batch come from.</summary>
internal abstract record ItemSource
{
    /// <summary>The elements of a JSON array.</summary>
    internal sealed record Json(JsonElement Items) : ItemSource;

    /// <summary>An NDJSON or CSV body.</summary>
    /// <param name="Header">The column names of a CSV body; null for NDJSON.</param>
    /// <param name="Open">Opens the items from the start; callable again only where <see cref="RequestOptions.IsOneTransaction"/>.</param>
    /// <param name="Pauses">Notices the pauses of a client that is still sending; null where the body has come to its end.</param>
    internal sealed record Streamed(
        IReadOnlyList<string>? Header, Func<CancellationToken, IAsyncEnumerable<ItemInput>> Open, SenderPauses? Pauses = null) : ItemSource;
}

/// <summary>How a batch of items of one kind is to be run and answered.</summary>
/// <param name="Live">Where a best-effort NDJSON answer is sent as it grows; null: results wait in their spool.</param>
/// <param name="Separator">Between two waiting results: a comma in a JSON array, a line feed in NDJSON.</param>
/// <param name="Shape">Makes the bytes of an answer, for a request with a key.</param>
internal sealed record ItemBatchRequest(
    RequestOptions Options,
    Caller Caller,
    IdempotencyKey? Key,
    ItemFormat Format,
    Stream? Live,
    byte Separator,
    Func<ItemBatchAnswer, Task<StoredAnswer>> Shape);

/// <summary>Items after the checks of their request; those of a JSON body are checked too, those of a stream as they arrive.</summary>
/// <param name="Open">Opens the items from the start.</param>
/// <param name="Chunks">The items of a JSON body; empty for a stream.</param>
/// <param name="Arrange">Arranges items into as few statements as keep the meaning of doing one after the other.</param>
internal sealed record ItemBatch<TItem>(
    Func<CancellationToken, IAsyncEnumerator<ItemChunk<TItem>>> Open,
    IReadOnlyList<ItemChunk<TItem>> Chunks,
    Func<IReadOnlyList<TItem>, IReadOnlyList<WriteSet>> Arrange)
    where TItem : IBatchItem
{
    /// <summary>Reads the items of a JSON array now, those of a stream when they are asked for.</summary>
    /// <param name="reading">Makes the reader of one pass over the items.</param>
    public static ItemBatch<TItem> Of(
        ItemSource source, Func<ItemChunks<TItem>> reading, Func<IReadOnlyList<TItem>, IReadOnlyList<WriteSet>> arrange)
    {
        if (source is ItemSource.Json json)
            return Of(reading().Read(json.Items), arrange);
        var stream = (ItemSource.Streamed)source;
        return new ItemBatch<TItem>(token => reading().ReadAsync(stream.Open(token), stream.Pauses, token).GetAsyncEnumerator(token), [], arrange);
    }

    /// <summary>Items that are all there.</summary>
    public static ItemBatch<TItem> Of(
        IReadOnlyList<ItemChunk<TItem>> chunks, Func<IReadOnlyList<TItem>, IReadOnlyList<WriteSet>> arrange) =>
        new(_ => chunks.ToAsyncEnumerable().GetAsyncEnumerator(CancellationToken.None), chunks, arrange);

    /// <summary>No item was refused. Of a stream nothing is known yet.</summary>
    public bool IsClean => Chunks.All(chunk => chunk.Refused.Count == 0);

    /// <summary>Nothing needs to run.</summary>
    public bool IsDecided(RequestOptions options) =>
        options.Validate == Validation.Static || (options is { Atomic: true, ContinueOnError: false } && !IsClean);

    /// <summary>All errors of the failed items: an item may have several.</summary>
    public IReadOnlyList<Error> ProblemsOf(IReadOnlyCollection<ItemOutcome> failures)
    {
        var known = Chunks.SelectMany(chunk => chunk.Errors).ToLookup(error => error.Index);
        return [.. failures.OrderBy(outcome => outcome.Index).SelectMany(outcome => known.Contains(outcome.Index)
            ? known[outcome.Index]
            : [outcome.Error! with { Index = outcome.Index }])];
    }
}

/// <summary>What became of a batch.</summary>
/// <param name="Problems">Of an aborted batch: every error of every failed item.</param>
/// <param name="Fault">Why the rest was not executed, when it was no item's fault.</param>
internal sealed record ItemBatchAnswer(ItemResults Results, bool Committed, bool Aborted, IReadOnlyList<Error> Problems, Error? Fault)
{
    public bool Success => Results.Totals.Successes == Results.Totals.Total;
}

/// <summary>What a run gives: one of an answer, stored bytes, or the errors of the request as a whole.</summary>
internal sealed record ItemBatchEnd(ItemBatchAnswer? Answer, StoredAnswer? Stored, IReadOnlyList<Error> Errors)
{
    public static ItemBatchEnd Refused(params IReadOnlyList<Error> errors) => new(null, null, errors);
}
