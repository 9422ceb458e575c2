namespace BatchService.Batching;

/// <summary>A run of sets that do not need each other's results: one round trip.</summary>
/// <param name="IsLast">Nothing follows if all of them succeed.</param>
internal sealed record BatchStage(IReadOnlyList<WriteSet> Sets, bool IsLast)
{
    public static readonly BatchStage End = new([], IsLast: true);
}

/// <summary>
/// What a door hands to the engine: items in stages. The engine asks for a stage when the outcomes of those before it are recorded,
/// so that a plan can resolve references, skip what depends on a failure, and end early when the mode says so.
/// </summary>
internal abstract class BatchPlan
{
    /// <summary>
    /// Back to the first stage. Outcomes recorded so far are forgotten but for <paramref name="knownFailures"/>, by index.
    /// </summary>
    /// <param name="inOrder">True: strictly one item after the other, as a client that sent them singly would; false: rearranged for speed.</param>
    /// <param name="knownFailures">Items that are known to fail and are not run again.</param>
    public abstract void Restart(bool inOrder, IReadOnlyDictionary<int, ItemOutcome> knownFailures);

    /// <summary>The next stage, or <see cref="BatchStage.End"/>.</summary>
    public abstract ValueTask<BatchStage> NextAsync(CancellationToken cancellationToken);

    /// <summary>Takes the outcomes of a stage or of a part of it.</summary>
    /// <param name="outcomes">Of items, in any order.</param>
    /// <param name="committed">True when their effects are durable now; false inside an open transaction.</param>
    public abstract ValueTask RecordAsync(IReadOnlyList<ItemOutcome> outcomes, bool committed, CancellationToken cancellationToken);

    /// <summary>True once any item has failed, by the database or by the plan itself.</summary>
    public abstract bool HasFailed { get; }
}
