namespace BatchService.Batching;

/// <summary>What became of a whole batch; the items' outcomes are in its plan.</summary>
/// <param name="Committed">Something of it is in the database (for an atomic batch: all of it).</param>
/// <param name="Refused">The hook said that the work is not this request's; nothing ran.</param>
/// <param name="Fault">Best effort: why it ended early, after part of it had been committed.</param>
internal sealed record BatchEnd(bool Committed, bool Refused = false, Error? Fault = null);

/// <summary>
/// The engine behind every door: runs a plan's stages all-or-nothing or best effort. The fast way is taken first: whole stages, set-wise
/// and pipelined. Only when that fails is the truth about each item found, in request order, as if the items had been sent one by one.
/// </summary>
internal sealed class BatchWriter(TransactionRunner transactions)
{
    private readonly AtomicDiagnosis _diagnosis = new(transactions);
    private readonly LockSearch _locks = new(transactions);

    /// <summary>Runs the plan to its end.</summary>
    /// <exception cref="BatchFaultException">Nothing was written, for a reason that is no item's, or that one item could not help.</exception>
    public Task<BatchEnd> WriteAsync(
        BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        AuditEntry.Current?.IsAtomic = mode.Atomic;
        return mode.Atomic || mode.DryRun
            ? WriteAtomicAsync(plan, mode, caller, hook, cancellationToken)
            : WriteBestEffortAsync(plan, mode, caller, hook, cancellationToken);
    }

    private async Task<BatchEnd> WriteAtomicAsync(
        BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        var (end, first) = await RunTogetherAsync(plan, mode, caller, hook, cancellationToken);
        if (end == TransactionEnd.Refused)
            return new BatchEnd(Committed: false, Refused: true);
        if (!first!.Failed)
            return new BatchEnd(end == TransactionEnd.Committed);
        return await _diagnosis.RunAsync(plan, mode, caller, hook, first.DeferredOnly, cancellationToken);
    }

    private async Task<(TransactionEnd End, StagesEnd? Value)> RunTogetherAsync(
        BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        try
        {
            return await transactions.RunAsync(
                caller,
                hook,
                immediateConstraints: false,
                async (open, token) =>
                {
                    var attempt = await RunStagesAsync(open, plan, token);
                    return new TransactionVerdict<StagesEnd>(!attempt.Failed && !mode.DryRun, attempt, attempt.Outcomes);
                },
                cancellationToken);
        }
        catch (BatchFaultException fault) when (fault.Running is { IsDivisible: true } && fault.Error.Code == ErrorCodes.LockTimeout && hook is not { TriesAgainLater: true })
        {
            var found = await _locks.RunAsync(plan, fault.Running, caller, cancellationToken);
            throw new BatchFaultException(fault.Error, fault) { IsOfStatement = true, Running = found };
        }
    }

    private static async Task<StagesEnd> RunStagesAsync(BatchTransaction open, BatchPlan plan, CancellationToken cancellationToken)
    {
        plan.Restart(inOrder: false, AtomicDiagnosis.NoFailures);
        var all = new List<ItemOutcome>();
        while (true)
        {
            var stage = await plan.NextAsync(cancellationToken);
            if (plan.HasFailed)
                return new StagesEnd(Failed: true, DeferredOnly: false, []);
            if (stage.Sets.Count == 0)
                break;
            var result = await open.RunAsync(stage.Sets, stage.IsLast, cancellationToken);
            if (result.FailedSet is { } failed)
                return new StagesEnd(Failed: true, DeferredOnly: failed == stage.Sets.Count, []);
            await plan.RecordAsync(result.Outcomes, committed: false, cancellationToken);
            all.AddRange(result.Outcomes);
        }
        return new StagesEnd(Failed: false, DeferredOnly: false, all);
    }

    private async Task<BatchEnd> WriteBestEffortAsync(
        BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook, CancellationToken cancellationToken)
    {
        plan.Restart(inOrder: !mode.ContinueOnError, AtomicDiagnosis.NoFailures);
        var run = new BestEffortRun(transactions, plan, mode, caller, hook);
        try
        {
            while (true)
            {
                var stage = await plan.NextAsync(cancellationToken);
                if (stage.Sets.Count == 0)
                    return new BatchEnd(run.Committed);
                if (!await run.RunAsync(stage, cancellationToken))
                    return new BatchEnd(run.Committed, Refused: true);
                if (plan.HasFailed && !mode.ContinueOnError)
                    return new BatchEnd(run.Committed);
            }
        }
        catch (BatchFaultException fault) when (run.Committed && !fault.IsOutcomeUnknown)
        {
            return new BatchEnd(run.Committed, Fault: fault.Error);
        }
        catch (OperationCanceledException) when (run.Committed)
        {
            return new BatchEnd(run.Committed, Fault: DatabaseFaults.Deadline().Error);
        }
    }

    private sealed record StagesEnd(bool Failed, bool DeferredOnly, IReadOnlyList<ItemOutcome> Outcomes);
}
