using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Where the rows of a batch come from.</summary>
internal abstract record RowSource
{
    /// <summary>The elements of a JSON array.</summary>
    internal sealed record Json(JsonElement Items) : RowSource;

    /// <summary>An NDJSON or CSV body.</summary>
    /// <param name="Header">The column names of a CSV body; null for NDJSON.</param>
    /// <param name="Open">Opens the rows from the start; callable again only where the batch is atomic.</param>
    internal sealed record Streamed(IReadOnlyList<string>? Header, Func<CancellationToken, IAsyncEnumerable<RowInput>> Open) : RowSource;
}

/// <summary>A call of <c>POST /entities/{entity}/batch</c>.</summary>
/// <param name="OnConflict">The option <c>on_conflict</c>; undefined when absent.</param>
/// <param name="Live">Where a best-effort NDJSON answer is sent as it grows; null: results wait in their spool.</param>
/// <param name="Shape">Makes the bytes of an answer, for a request with a key.</param>
internal sealed record RowBatchRequest(
    string Entity,
    RowAction Action,
    RequestOptions Options,
    JsonElement OnConflict,
    Caller Caller,
    IdempotencyKey? Key,
    RowSource Source,
    Stream? Live,
    byte Separator,
    Func<RowBatchAnswer, Task<StoredAnswer>> Shape);

/// <summary>What became of a row batch.</summary>
/// <param name="Problems">Of an aborted batch: every error of every failed row.</param>
/// <param name="Fault">Why the rest was not executed, when it was no row's fault.</param>
internal sealed record RowBatchAnswer(RowResults Results, bool Committed, bool Aborted, IReadOnlyList<Error> Problems, Error? Fault)
{
    public bool Success => Results.Totals.Successes == Results.Totals.Total;
}
