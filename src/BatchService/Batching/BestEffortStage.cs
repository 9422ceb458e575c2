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
        var (end, whole) = await RunWholeAsync(stage.Sets, mode, caller, hook, cancellationToken);
        if (end == TransactionEnd.Refused)
            return new BatchEnd(Committed: false, Refused: true);
        if (end == TransactionEnd.Committed)
        {
            // Here and below: what is committed is recorded, whoever has gone meanwhile and whatever time it is.
            await plan.RecordAsync(whole!.Outcomes, committed: true, CancellationToken.None);
            return new BatchEnd(Committed: true);
        }
        if (stage.Sets is [{ Count: 1 } only])
        {
            await plan.RecordAsync([AtomicDiagnosis.FailureOf(only, whole!)], committed: true, CancellationToken.None);
            return new BatchEnd(Committed: false);
        }
        return await RunApartAsync(plan, stage.Sets, mode, caller, hook, cancellationToken);
    }

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
        var (end, result) = await RunWholeAsync([set], mode, caller, hook, cancellationToken);
        if (end == TransactionEnd.Refused)
            return new BatchEnd(Committed: false, Refused: true);
        IReadOnlyList<ItemOutcome> outcomes =
            result!.FailedSet is null ? result.Outcomes : [AtomicDiagnosis.FailureOf(set, result)];
        await plan.RecordAsync(outcomes, committed: true, CancellationToken.None);
        return new BatchEnd(end == TransactionEnd.Committed);
    }

    private async Task<BatchEnd> RunDividedAsync(
        BatchPlan plan, WriteSet set, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        var next = 0;
        var committed = false;
        while (next < set.Count)
        {
            var from = next;
            var (end, division) = await transactions.RunAsync(
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
}
