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
        var (end, whole) = await TryWholeAsync(stage.Sets, cancellationToken);
        if (end == TransactionEnd.Refused)
            return false;
        if (end == TransactionEnd.Committed)
            await RecordAsync(end, whole!.Outcomes);
        else if (whole is not null && stage.Sets is [{ IsDivisible: false } only])
            await RecordAsync(end, [await FailureOfAsync(only, whole, cancellationToken)]);
        else
            return await RunApartAsync(stage.Sets, cancellationToken);
        return true;
    }

    /// <summary>Without a value: others were in the way until the retries were used up, and the items must be tried one by one.</summary>
    private async Task<(TransactionEnd End, StageResult? Value)> TryWholeAsync(
        IReadOnlyList<WriteSet> sets, CancellationToken cancellationToken)
    {
        try
        {
            return await RunWholeAsync(sets, cancellationToken);
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

    private Task<(TransactionEnd End, StageResult? Value)> RunWholeAsync(IReadOnlyList<WriteSet> sets, CancellationToken cancellationToken) =>
        transactions.RunAsync(
            caller,
            hook,
            immediateConstraints: true,
            async (open, token) =>
            {
                var result = await open.RunAsync(sets, isLast: true, token);
                // Items that failed without effect (no such row) do not hinder the others, as long as nobody wants to stop at them.
                var keep = !result.Aborted && (result.FailedSet is null || (mode.ContinueOnError && result.Failure is null));
                return new TransactionVerdict<StageResult>(keep, result, result.Outcomes);
            },
            cancellationToken);

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
        catch (BatchFaultException fault) when (IsInTheWay(fault))
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

    /// <summary>Without a value: others were in the way; the next item must be tried by itself.</summary>
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

    /// <summary>What is committed is recorded, whoever has gone meanwhile and whatever time it is.</summary>
    private async Task RecordAsync(TransactionEnd end, IReadOnlyList<ItemOutcome> outcomes)
    {
        Committed |= end == TransactionEnd.Committed;
        _hasFailed |= outcomes.Any(outcome => outcome.Status == ItemStatus.Failed);
        await plan.RecordAsync(outcomes, committed: true, CancellationToken.None);
    }
}
