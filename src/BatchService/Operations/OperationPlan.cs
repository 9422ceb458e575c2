using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>
/// Runs the operations of a checked batch in stages. A stage holds every operation whose dependencies are complete and that may run before
/// the ones that must still wait (<see cref="Commutation"/>); neighbours of one shape become one statement. In order means: one after the
/// other, nothing rearranged.
/// </summary>
/// <param name="batch">The operations.</param>
/// <param name="done">What an interrupted run with the same idempotency key has decided already.</param>
internal sealed class OperationPlan(CheckedBatch batch, IReadOnlyList<ItemOutcome> done) : BatchPlan
{
    private readonly ItemOutcome?[] _outcomes = new ItemOutcome?[batch.Operations.Count];
    private readonly Dictionary<string, ReferencedResult> _results = new(StringComparer.Ordinal);
    private ResolvedBytesBudget _budget = new(batch.MaxResolvedBytes);
    private bool _inOrder;
    private bool _hasFailed;

    public override bool HasFailed => _hasFailed;

    /// <summary>What became of each operation; null = it was not reached.</summary>
    public IReadOnlyList<ItemOutcome?> Outcomes => _outcomes;

    public override void Restart(bool inOrder, IReadOnlyDictionary<int, ItemOutcome> knownFailures)
    {
        _inOrder = inOrder;
        _hasFailed = false;
        _results.Clear();
        _budget = new ResolvedBytesBudget(batch.MaxResolvedBytes);
        foreach (var planned in batch.Operations)
        {
            var index = planned.Operation.Index;
            _outcomes[index] = planned.Errors.Count > 0
                ? ItemOutcome.Failed(index, planned.Errors[0])
                : knownFailures.GetValueOrDefault(index);
        }
        foreach (var outcome in done)
            Record(outcome);
        _hasFailed = false;
    }

    /// <summary>
    /// Decides every operation without running any. In a check without data those that nothing speaks against complete; otherwise the
    /// batch is one that stops at a failure known before, and none is executed.
    /// </summary>
    public void Decide()
    {
        Restart(inOrder: true, AtomicDiagnosis.NoFailures);
        if (batch.Options.Validate != Validation.Static)
            return;
        foreach (var index in batch.Graph.Order)
        {
            if (Settle(index))
                _outcomes[index] ??= new ItemOutcome(index, ItemStatus.Completed);
        }
    }

    public override ValueTask<BatchStage> NextAsync(CancellationToken cancellationToken)
    {
        var stage = new StageBuilder(batch);
        var waiting = new List<PlannedOperation>();
        foreach (var index in batch.Graph.Order)
        {
            if (!Settle(index) || _outcomes[index] is not null)
            {
                if (_hasFailed && StopsAtFailure)
                    break;
                continue;
            }
            var planned = batch.Operations[index];
            var isReady = batch.Graph.DependenciesOf(index).All(dependency => _outcomes[dependency] is not null);
            if (!isReady || !waiting.TrueForAll(other => Commutation.Commute(other, planned, batch)))
            {
                if (_inOrder)
                    break;
                waiting.Add(planned);
            }
            else if (Complete(planned) is { } command)
            {
                stage.Add(planned, command, mayJoin: !_inOrder || !StopsAtFailure);
            }
            else if (StopsAtFailure)
            {
                break;
            }
        }
        var isLast = waiting.Count == 0 && stage.Count == _outcomes.Count(outcome => outcome is null);
        return ValueTask.FromResult(stage.Count == 0 ? BatchStage.End : new BatchStage(stage.ToSets(), isLast));
    }

    public override ValueTask RecordAsync(IReadOnlyList<ItemOutcome> outcomes, bool committed, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes)
            Record(outcome);
        return ValueTask.CompletedTask;
    }

    private bool StopsAtFailure => !batch.Options.ContinueOnError;

    private void Record(ItemOutcome outcome)
    {
        _outcomes[outcome.Index] = outcome;
        _hasFailed |= outcome.Status == ItemStatus.Failed;
        if (outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
            _results[batch.Operations[outcome.Index].Operation.Id] = new ReferencedResult(outcome);
    }

    /// <summary>Decides what needs no statement: a failure known before, or a dependency that failed. False when it did not complete.</summary>
    private bool Settle(int index)
    {
        if (_outcomes[index] is { } known)
        {
            _hasFailed |= known.Status == ItemStatus.Failed;
            return known.Status is ItemStatus.Completed or ItemStatus.Replayed;
        }
        foreach (var dependency in batch.Graph.DependenciesOf(index))
        {
            if (_outcomes[dependency] is not { Status: ItemStatus.Failed or ItemStatus.Skipped } failed)
                continue;
            _outcomes[index] = new ItemOutcome(index, ItemStatus.Skipped) { CausedBy = failed.CausedBy ?? failed.Index };
            return false;
        }
        return true;
    }

    /// <summary>The command with its references resolved, or null when that failed; then the failure is recorded.</summary>
    private OperationCommand? Complete(PlannedOperation planned)
    {
        if (planned.Command is not null)
            return planned.Command;
        var errors = new List<Error>();
        var values = ReferenceFilling.Fill(planned, _results, ref _budget, errors);
        var command = values is null
            ? null
            : OperationCompiler.Compile(planned.Operation, values, planned.Entity!, planned.Caller, batch.Context, _ => false, errors);
        if (command is null)
            Record(ItemOutcome.Failed(planned.Operation.Index, ReferenceFilling.Attribute(planned, errors[0])));
        return command;
    }
}
