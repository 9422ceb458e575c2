namespace BatchService.Batching;

/// <summary>What an earlier, interrupted request with the same idempotency key has decided already; those items are not written again.</summary>
internal sealed class ReplayedItems(IReadOnlyList<ItemOutcome> outcomes)
{
    public static readonly ReplayedItems None = new([]);

    private readonly Dictionary<int, ItemOutcome> _outcomes = outcomes.ToDictionary(outcome => outcome.Index);

    public int Count => _outcomes.Count;

    /// <summary>Something of the batch is in the database already.</summary>
    public bool HasEffects => _outcomes.Values.Any(outcome => outcome.Status == ItemStatus.Replayed);

    /// <summary>What was decided of an item; null = nothing yet.</summary>
    public ItemOutcome? Find(int index) => _outcomes.GetValueOrDefault(index);

    public bool Contains(int index) => _outcomes.ContainsKey(index);

    public IReadOnlyList<ItemOutcome> In(int first, int count) => _outcomes.Count == 0
        ? []
        : [.. Enumerable.Range(first, count).Select(index => _outcomes.GetValueOrDefault(index)).OfType<ItemOutcome>()];
}
