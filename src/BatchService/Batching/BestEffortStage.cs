namespace BatchService.Batching;

/// <summary>
/// Runs one stage of a best-effort batch: all of it in one transaction, and if that fails, each item for itself (sets divided inside the
/// server, committing whenever the subtransactions are used up). Outcomes are recorded only after their commit.
/// </summary>
internal sealed class BestEffortStage(TransactionRunner transactions)
{
    public async Task<BatchEnd> RunAsync(
        BatchPlan plan, BatchStage stage, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        var (end, whole) = await TryWholeAsync(stage.Sets, mode, caller, hook, cancellationToken);
        if (end == TransactionEnd.Refused)
            return new BatchEnd(Committed: false, Refused: true);
        if (end == TransactionEnd.Committed)
        {
            // Here and below: what is committed is recorded, whoever has gone meanwhile and whatever time it is.
            await plan.RecordAsync(whole!.Outcomes, committed: true, CancellationToken.None);
            return new BatchEnd(Committed: true);
        }
        if (whole is not null && stage.Sets is [{ Count: 1 } only])
        {
            await plan.RecordAsync([await FailureOfAsync(only, whole, caller, cancellationToken)], committed: true, CancellationToken.None);
            return new BatchEnd(Committed: false);
        }
        return await RunApartAsync(plan, stage.Sets, mode, caller, hook, cancellationToken);
    }

    /// <summary>Without a value: others were in the way until the retries were used up, and the items must be tried one by one.</summary>
    private async Task<(TransactionEnd End, StageResult? Value)> TryWholeAsync(
        IReadOnlyList<WriteSet> sets, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        try
        {
            return await RunWholeAsync(sets, mode, caller, hook, cancellationToken);
        }
        catch (BatchFaultException fault) when (IsInTheWay(fault))
        {
            return (TransactionEnd.RolledBack, null);
        }
    }

    private static bool IsInTheWay(BatchFaultException fault) =>
        fault.Error.Code == ErrorCodes.LockTimeout
        || fault.Error.Code == ErrorCodes.DeadlockDetected
        || fault.Error.Code == ErrorCodes.SerializationFailure;

    private Task<(TransactionEnd End, StageResult? Value)> RunWholeAsync(
        IReadOnlyList<WriteSet> sets, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken) =>
        transactions.RunAsync(
            caller,
            hook,
            immediateConstraints: false,
            async (open, token) =>
            {
                var result = await open.RunAsync(sets, isLast: true, token);
                // Items that failed without effect (no such row) do not hinder the others, as long as nobody wants to stop at them.
                var keep = !result.Aborted && (result.FailedSet is null || (mode.ContinueOnError && result.Failure is null));
                return new TransactionVerdict<StageResult>(keep, result, result.Outcomes);
            },
            cancellationToken);

    private async Task<BatchEnd> RunApartAsync(
        BatchPlan plan, IReadOnlyList<WriteSet> sets, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        var committed = false;
        foreach (var set in sets)
        {
            var end = set.Count == 1
                ? await RunOneAsync(plan, set, mode, caller, hook, cancellationToken)
                : await RunDividedAsync(plan, set, mode, caller, hook, cancellationToken);
            committed |= end.Committed;
            if (end.Refused || (plan.HasFailed && !mode.ContinueOnError))
                return end with { Committed = committed };
        }
        return new BatchEnd(committed);
    }

    private async Task<BatchEnd> RunOneAsync(
        BatchPlan plan, WriteSet set, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        try
        {
            var (end, result) = await RunWholeAsync([set], mode, caller, hook, cancellationToken);
            if (end == TransactionEnd.Refused)
                return new BatchEnd(Committed: false, Refused: true);
            IReadOnlyList<ItemOutcome> outcomes =
                result!.FailedSet is null ? result.Outcomes : [await FailureOfAsync(set, result, caller, cancellationToken)];
            await plan.RecordAsync(outcomes, committed: true, CancellationToken.None);
            return new BatchEnd(end == TransactionEnd.Committed);
        }
        catch (BatchFaultException fault) when (IsInTheWay(fault))
        {
            await plan.RecordAsync([ItemOutcome.Failed(set.IndexOf(0), set.Blame(0, fault.Error))], committed: true, CancellationToken.None);
            return new BatchEnd(Committed: false);
        }
    }

    /// <summary>The failure of a single item; of one with several rows the first bad row is looked for, in a transaction that is rolled back.</summary>
    private async Task<ItemOutcome> FailureOfAsync(WriteSet set, StageResult result, Caller caller, CancellationToken cancellationToken)
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

    private async Task<BatchEnd> RunDividedAsync(
        BatchPlan plan, WriteSet set, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        var next = 0;
        var committed = false;
        while (next < set.Count)
        {
            var (end, division) = await TryDivideAsync(set, next, mode, caller, hook, cancellationToken);
            if (division is null && end != TransactionEnd.Refused)
            {
                var one = await RunOneAsync(plan, set.Pick([next++]), mode, caller, hook, cancellationToken);
                committed |= one.Committed;
                (end, division) = (one.Refused ? TransactionEnd.Refused : TransactionEnd.RolledBack, new DivisionResult([], next, 0));
            }
            if (end == TransactionEnd.Refused)
                return new BatchEnd(committed, Refused: true);
            await plan.RecordAsync(division!.Outcomes, committed: true, CancellationToken.None);
            committed |= end == TransactionEnd.Committed;
            next = division.Next;
            if (plan.HasFailed && !mode.ContinueOnError)
                break;
        }
        return new BatchEnd(committed);
    }

    /// <summary>Without a value: others were in the way; the next item must be tried by itself.</summary>
    private async Task<(TransactionEnd End, DivisionResult? Value)> TryDivideAsync(
        WriteSet set, int from, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
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
                    var any = result.Outcomes.Any(outcome => outcome.Status == ItemStatus.Completed);
                    return new TransactionVerdict<DivisionResult>(any, result, result.Outcomes);
                },
                cancellationToken);
        }
        catch (BatchFaultException fault) when (IsInTheWay(fault))
        {
            return (TransactionEnd.RolledBack, null);
        }
    }
}
