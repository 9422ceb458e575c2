using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>What an earlier, interrupted request with the same idempotency key has decided already; those rows are not written again.</summary>
internal sealed class ReplayedRows(IReadOnlyList<ItemOutcome> outcomes)
{
    public static readonly ReplayedRows None = new([]);

    private readonly Dictionary<int, ItemOutcome> _outcomes = outcomes.ToDictionary(outcome => outcome.Index);

    public int Count => _outcomes.Count;

    /// <summary>Something of the batch is in the database already.</summary>
    public bool HasEffects => _outcomes.Values.Any(outcome => outcome.Status == ItemStatus.Replayed);

    public bool Contains(int index) => _outcomes.ContainsKey(index);

    public IReadOnlyList<ItemOutcome> In(RowChunk chunk) => _outcomes.Count == 0
        ? []
        : [.. Enumerable.Range(chunk.First, chunk.Count).Select(index => _outcomes.GetValueOrDefault(index)).OfType<ItemOutcome>()];
}
