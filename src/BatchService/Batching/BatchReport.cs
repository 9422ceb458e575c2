namespace BatchService.Batching;

/// <summary>The final outcomes of a batch and the numbers that sum them up.</summary>
/// <param name="Outcomes">One for each item, in request order.</param>
/// <param name="Committed">Something of the batch is in the database.</param>
/// <param name="Aborted">An atomic batch in which an item failed: nothing was written.</param>
internal sealed record BatchReport(IReadOnlyList<ItemOutcome> Outcomes, bool Atomic, bool Committed, bool Aborted)
{
    public int Total => Outcomes.Count;

    public int SuccessCount { get; } = Outcomes.Count(outcome => outcome.Status is ItemStatus.Completed or ItemStatus.Replayed);

    public int FailureCount { get; } = Outcomes.Count(outcome => outcome.Status == ItemStatus.Failed);

    /// <summary>Skipped, rolled back and not executed.</summary>
    public int SkippedCount => Total - SuccessCount - FailureCount;

    public bool Success => SuccessCount == Total;

    /// <summary>Percent, to one decimal; 0 for an empty batch.</summary>
    public double SuccessRate => Rate(SuccessCount, Total);

    /// <summary>Neither 100 with a failure nor 0 with a success, however many items there are.</summary>
    public static double Rate(long successes, long total)
    {
        if (successes == 0 || successes == total)
            return successes == 0 ? 0 : 100;
        return Math.Clamp(Math.Round(100.0 * successes / total, 1), 0.1, 99.9);
    }

    /// <summary>Gives every item its final state: after an abort nothing reads completed, and what was never reached reads not executed.</summary>
    /// <param name="wasRun">False for a check without data: there is nothing to roll back, and each item reads what was found about it.</param>
    public static BatchReport Of(IReadOnlyList<ItemOutcome?> reached, BatchMode mode, bool committed, bool wasRun)
    {
        var aborted = mode.Atomic && reached.Any(outcome => outcome?.Status == ItemStatus.Failed);
        var outcomes = reached.Select((outcome, index) => Final(outcome, index, aborted && wasRun)).ToList();

        // What was replayed, an earlier request has committed.
        committed |= outcomes.Exists(outcome => outcome.Status == ItemStatus.Replayed);
        return new BatchReport(outcomes, mode.Atomic, committed && !aborted, aborted);
    }

    private static ItemOutcome Final(ItemOutcome? outcome, int index, bool isUndone) => outcome switch
    {
        null => new ItemOutcome(index, ItemStatus.NotExecuted),
        { Status: ItemStatus.Completed or ItemStatus.Replayed } when isUndone => new ItemOutcome(index, ItemStatus.RolledBack),
        _ => outcome,
    };
}
