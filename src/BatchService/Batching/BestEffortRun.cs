namespace BatchService.Batching;

/// <summary>
/// The run of one best-effort batch, stage by stage: all of a stage in one transaction, and if that fails, each item for itself (sets
/// divided inside the server, committing whenever the subtransactions are used up). Outcomes are recorded only after their commit.
/// </summary>
internal sealed class BestEffortRun(TransactionRunner transactions, BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook)
{
    /// <summary>Something of the batch is in the database, also when a fault ends it in the midst of a stage.</summary>
    public bool Committed { get; private set; }

    /// <summary>An item that was run has failed. <see cref="BatchPlan.HasFailed"/> knows of failures to come, too.</summary>
    private bool _hasFailed;

    private bool HasToStop => _hasFailed && !mode.ContinueOnError;

    /// <summary>False: the hook refused; nothing more is to be done.</summary>
    public async Task<bool> RunAsync(BatchStage stage, CancellationToken cancellationToken)
    {
        if (stage.Sets is [{ IsDivisible: false } only])
            return await RunOneAsync(only, cancellationToken);
        var (end, whole) = await TryWholeAsync(stage.Sets, cancellationToken);
        if (end == TransactionEnd.Refused)
            return false;
        if (whole is null || !IsDecided(whole))
            return await RunApartAsync(stage.Sets, cancellationToken);
        await RecordAsync(end, whole.Outcomes);
        return true;
    }

    /// <summary>Without a value: a statement waited or ran for too long, and the items must be tried one by one.</summary>
    private async Task<(TransactionEnd End, StageResult? Value)> TryWholeAsync(
        IReadOnlyList<WriteSet> sets, CancellationToken cancellationToken)
    {
        try
        {
            return await RunWholeAsync(sets, cancellationToken);
        }
        catch (BatchFaultException fault) when (IsOfItem(fault, cancellationToken) && (!IsTooSlow(fault) || !sets.All(set => set.IsDivisible)))
        {
            return (TransactionEnd.RolledBack, null);
        }
    }

    /// <summary>Others were in the way of a statement, or it took too long by itself; the time of the call is not over.</summary>
    private bool IsOfItem(BatchFaultException fault, CancellationToken cancellationToken) =>
        fault.IsOfStatement && !cancellationToken.IsCancellationRequested && !(IsTooSlow(fault) && hook is { TriesAgainLater: true });

    private static bool IsTooSlow(BatchFaultException fault) => fault.Error.Code == ErrorCodes.DeadlineExceeded;

    private Task<(TransactionEnd End, StageResult? Value)> RunWholeAsync(IReadOnlyList<WriteSet> sets, CancellationToken cancellationToken) =>
        transactions.RunAsync(
            caller,
            hook,
            immediateConstraints: true,
            async (open, token) =>
            {
                var result = await open.RunAsync(sets, isLast: true, token);
                return new TransactionVerdict<StageResult>(IsDecided(result) && result.Outcomes.Any(IsDone), result, result.Outcomes);
            },
            cancellationToken);

    /// <summary>Items that failed without effect (no such row) do not hinder the others, as long as nobody wants to stop at them.</summary>
    private bool IsDecided(StageResult result) =>
        !result.Aborted && (result.FailedSet is null || (mode.ContinueOnError && result.Failure is null));

    private static bool IsDone(ItemOutcome outcome) => outcome.Status == ItemStatus.Completed;

    private async Task<bool> RunApartAsync(IReadOnlyList<WriteSet> sets, CancellationToken cancellationToken)
    {
        foreach (var set in sets)
        {
            var isOurs = set.IsDivisible ? await RunDividedAsync(set, cancellationToken) : await RunOneAsync(set, cancellationToken);
            if (!isOurs)
                return false;
            if (HasToStop)
                break;
        }
        return true;
    }

    private async Task<bool> RunOneAsync(WriteSet set, CancellationToken cancellationToken)
    {
        try
        {
            var (end, result) = await RunWholeAsync([set], cancellationToken);
            if (end == TransactionEnd.Refused)
                return false;
            await RecordAsync(end, result!.FailedSet is null ? result.Outcomes : [await FailureOfAsync(set, result, cancellationToken)]);
        }
        catch (BatchFaultException fault) when (IsOfItem(fault, cancellationToken))
        {
            await RecordAsync(TransactionEnd.RolledBack, [ItemOutcome.Failed(set.IndexOf(0), set.Blame(0, fault.Error))]);
        }
        return true;
    }

    /// <summary>The failure of a single item; of one with several rows the first bad row is looked for, in a transaction that is rolled back.</summary>
    private async Task<ItemOutcome> FailureOfAsync(WriteSet set, StageResult result, CancellationToken cancellationToken)
    {
        var failure = AtomicDiagnosis.FailureOf(set, result);
        if (result.Failure is null || set.Apart() is not { } apart)
            return failure;
        var (_, found) = await transactions.RunAsync(
            caller,
            hook: null,
            immediateConstraints: true,
            async (open, token) => new TransactionVerdict<ItemOutcome?>(
                false, await DividedWrite.FindFirstFailureAsync(open, apart, token), []),
            cancellationToken);
        return found ?? failure;
    }

    private async Task<bool> RunDividedAsync(WriteSet set, CancellationToken cancellationToken)
    {
        for (var next = 0; next < set.Count && !HasToStop;)
        {
            var (end, division) = await TryDivideAsync(set, next, cancellationToken);
            if (end == TransactionEnd.Refused)
                return false;
            if (division is not null)
            {
                await RecordAsync(end, division.Outcomes);
                next = division.Next;
            }
            else if (!await RunOneAsync(set.Pick([next++]), cancellationToken))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>
    /// Without a value: others were in the way; the next item must be tried by itself. Rows that together take too long end the batch: each
    /// try would take as long again.
    /// </summary>
    private async Task<(TransactionEnd End, DivisionResult? Value)> TryDivideAsync(WriteSet set, int from, CancellationToken cancellationToken)
    {
        try
        {
            return await transactions.RunAsync(
                caller,
                hook,
                immediateConstraints: true,
                async (open, token) =>
                {
                    var result = await DividedWrite.RunAsync(
                        open, set, from, DividedWrite.MaxSubtransactions, !mode.ContinueOnError, token);
                    return new TransactionVerdict<DivisionResult>(result.Outcomes.Any(IsDone), result, result.Outcomes);
                },
                cancellationToken);
        }
        catch (BatchFaultException fault) when (IsOfItem(fault, cancellationToken) && !IsTooSlow(fault))
        {
            return (TransactionEnd.RolledBack, null);
        }
    }

    /// <summary>What is committed is recorded, whoever has gone meanwhile and whatever time it is.</summary>
    private async Task RecordAsync(TransactionEnd end, IReadOnlyList<ItemOutcome> outcomes)
    {
        Committed |= end == TransactionEnd.Committed;
        _hasFailed |= outcomes.Any(outcome => outcome.Status == ItemStatus.Failed);
        await plan.RecordAsync(outcomes, committed: true, CancellationToken.None);
    }
}
