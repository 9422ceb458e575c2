namespace BatchService.Batching;

/// <summary>What became of an item; the wire names are in <see cref="ItemStatusNames"/>.</summary>
internal enum ItemStatus
{
    NotExecuted,
    Completed,
    Failed,
    Skipped,
    RolledBack,
    Replayed,
}

/// <summary>The wire names of <see cref="ItemStatus"/>.</summary>
internal static class ItemStatusNames
{
    public static string WireName(this ItemStatus status) => status switch
    {
        ItemStatus.Completed => "completed",
        ItemStatus.Failed => "failed",
        ItemStatus.Skipped => "skipped",
        ItemStatus.RolledBack => "rolled_back",
        ItemStatus.Replayed => "replayed",
        _ => "not_executed",
    };
}

/// <summary>What became of one item of a batch: n items give n outcomes, in request order.</summary>
/// <param name="Index">The item's position in the request, from 0.</param>
internal sealed record ItemOutcome(int Index, ItemStatus Status)
{
    /// <summary>The own id of what the item made or meant, where its door knows ids.</summary>
    public string? Id { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public Error? Error { get; init; }

    /// <summary>How many rows were touched (or read).</summary>
    public int Affected { get; init; }

    /// <summary>The affected rows as the database wrote them: each the UTF-8 text of one JSON object.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Rows { get; init; } = [];

    /// <summary>For upserts <c>created</c>, <c>updated</c> or <c>unchanged</c> for each row; otherwise empty.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];

    /// <summary>The index of the item whose failure is the root cause of a skipped one.</summary>
    public int? CausedBy { get; init; }

    /// <summary>True when a read met the row limit and there is more.</summary>
    public bool Truncated { get; init; }

    public static ItemOutcome Failed(int index, Error error) => new(index, ItemStatus.Failed) { Error = error };
}
