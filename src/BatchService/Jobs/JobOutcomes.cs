using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>
/// Takes the outcomes of a part. Successes are in the database when they come: the <see cref="JobHook"/> stored them in the transaction of
/// their effects. Failures are stored here. Of an atomic run nothing is stored before it is known to be rolled back.
/// </summary>
/// <param name="done">What earlier workers have stored.</param>
/// <param name="offset">The index of an item less that of its outcome.</param>
/// <param name="storeAsync">Stores results in a transaction of its own.</param>
internal sealed class JobOutcomes(
    bool isAtomic, ReplayedItems done, Func<int> offset, Func<IReadOnlyList<ItemOutcome>, CancellationToken, Task> storeAsync) : OutcomeSink
{
    private List<ItemOutcome> _failures = [];

    /// <summary>How far the run came: the index behind the last item that was completed.</summary>
    private int _reached;

    public override void Clear() => (_failures, _reached) = ([], 0);

    public override async Task AddAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        var failures = outcomes.Where(outcome => outcome.Status is ItemStatus.Failed or ItemStatus.Skipped && !done.Contains(outcome.Index + offset())).ToList();
        if (isAtomic)
        {
            _failures.AddRange(failures);
            _reached = Math.Max(_reached, outcomes.Where(outcome => outcome.Status == ItemStatus.Completed).Select(outcome => outcome.Index + 1).DefaultIfEmpty().Max());
        }
        else if (failures.Count > 0)
            await storeAsync(failures, cancellationToken);
    }

    /// <summary>Stores the failures of an atomic run that was rolled back, and what was rolled back with them.</summary>
    public Task StoreFailuresAsync(CancellationToken cancellationToken)
    {
        if (_failures.Count == 0)
            return Task.CompletedTask;
        var failed = _failures.Select(outcome => outcome.Index).ToHashSet();
        var undone = Enumerable.Range(0, _reached).Where(index => !failed.Contains(index)).Select(index => new ItemOutcome(index, ItemStatus.RolledBack));
        return storeAsync([.. _failures.Concat(undone).OrderBy(outcome => outcome.Index)], cancellationToken);
    }
}
