namespace BatchService.Batching;

/// <summary>
/// Finds out which items made an atomic batch fail: runs it again in request order, without rearranging, and divides sets inside the
/// server. When failures are to be found all, the transaction starts again without those already known, so that it never holds more
/// than <see cref="DividedWrite.MaxSubtransactions"/> subtransactions. It ends in a rollback, unless the second look finds nothing wrong.
/// </summary>
internal sealed class AtomicDiagnosis(TransactionRunner transactions)
{
    public static readonly IReadOnlyDictionary<int, ItemOutcome> NoFailures = new Dictionary<int, ItemOutcome>();

    public async Task<BatchEnd> RunAsync(
        BatchPlan plan, BatchMode mode, Caller caller, TransactionHook? hook, bool deferredOnly, CancellationToken cancellationToken)
    {
        var search = new Search(plan, StopAtFirst: !mode.ContinueOnError);
        while (true)
        {
            var (end, finished) = await transactions.RunAsync(
                caller,
                hook,
                immediateConstraints: deferredOnly,
                async (open, token) =>
                {
                    var verdict = await search.RunOnceAsync(open, token);
                    var clean = verdict == SearchVerdict.Finished && !plan.HasFailed;
                    return new TransactionVerdict<SearchVerdict>(clean && !mode.DryRun, verdict, search.Outcomes);
                },
                cancellationToken);
            if (end == TransactionEnd.Refused)
                return new BatchEnd(Committed: false, Refused: true);
            if (finished == SearchVerdict.Finished)
                return new BatchEnd(end == TransactionEnd.Committed);
            deferredOnly |= finished == SearchVerdict.DeferredFailure;
        }
    }

    private enum SearchVerdict
    {
        Finished,
        Again,
        DeferredFailure,
    }

    /// <summary>What is known of the items across the runs.</summary>
    private sealed record Search(BatchPlan Plan, bool StopAtFirst)
    {
        private const string Savepoint = "before_rows";

        private readonly Dictionary<int, ItemOutcome> _failures = [];

        /// <summary>The indexes of items that divisions have looked at. A set of the next run may lack those that failed.</summary>
        private readonly HashSet<int> _examined = [];

        private int _subtransactions;

        public List<ItemOutcome> Outcomes { get; } = [];

        /// <summary>An item that was run has failed. <see cref="BatchPlan.HasFailed"/> knows of failures to come, too.</summary>
        private bool HasToStop => StopAtFirst && _failures.Count > 0;

        public async Task<SearchVerdict> RunOnceAsync(BatchTransaction open, CancellationToken cancellationToken)
        {
            Outcomes.Clear();
            _subtransactions = 0;
            Plan.Restart(inOrder: true, _failures);
            while (!(StopAtFirst && Plan.HasFailed))
            {
                var stage = await Plan.NextAsync(cancellationToken);
                if (stage.Sets.Count == 0)
                    return await CheckDeferredAsync(open, cancellationToken);
                foreach (var set in stage.Sets.Where(set => set.Count > 1 || !_failures.ContainsKey(set.IndexOf(0))))
                {
                    var done = set.IsDivisible
                        ? await RunManyAsync(open, set, cancellationToken)
                        : await RunOneAsync(open, set, cancellationToken);
                    if (!done)
                        return SearchVerdict.Again;
                    if (HasToStop)
                        break;
                }
            }
            return SearchVerdict.Finished;
        }

        /// <summary>False: it failed, its transaction is gone, and others are still to be looked at.</summary>
        private async Task<bool> RunOneAsync(BatchTransaction open, WriteSet set, CancellationToken cancellationToken)
        {
            var apart = _subtransactions < DividedWrite.MaxSubtransactions ? set.Apart() : null;
            if (apart is not null)
                await SaveAsync(open, set, cancellationToken);
            var result = await open.RunAsync([set], isLast: false, cancellationToken);
            if (result.FailedSet is null)
            {
                await RecordAsync(result.Outcomes, cancellationToken);
                return true;
            }
            var failed = FailureOf(set, result);
            if (apart is not null && result.Failure is not null)
            {
                await open.Transaction.RollbackAsync(Savepoint, cancellationToken);
                failed = await DividedWrite.FindFirstFailureAsync(open, apart, cancellationToken) ?? failed;
            }
            _failures[failed.Index] = failed;
            await RecordAsync([failed], cancellationToken);
            return StopAtFirst || !result.Aborted;
        }

        /// <summary>The claims must come first, or a rollback to the savepoint would undo them.</summary>
        private async Task SaveAsync(BatchTransaction open, WriteSet set, CancellationToken cancellationToken)
        {
            await open.BeginAsync(set, cancellationToken);
            await open.Transaction.SaveAsync(Savepoint, cancellationToken);
            _subtransactions++;
        }

        private async Task<bool> RunManyAsync(BatchTransaction open, WriteSet set, CancellationToken cancellationToken)
        {
            var next = Enumerable.Range(0, set.Count).TakeWhile(position => _examined.Contains(set.IndexOf(position))).Count();
            if (next > 0)
                await RepeatGoodAsync(open, set, next, cancellationToken);
            while (next < set.Count)
            {
                if (_subtransactions >= DividedWrite.MaxSubtransactions)
                    return false;
                var division = await DividedWrite.RunAsync(
                    open, set, next, DividedWrite.MaxSubtransactions - _subtransactions, StopAtFirst, cancellationToken);
                next = division.Next;
                _examined.UnionWith(division.Outcomes.Select(outcome => outcome.Index));
                _subtransactions += division.Subtransactions;
                foreach (var outcome in division.Outcomes.Where(outcome => outcome.Status == ItemStatus.Failed))
                    _failures[outcome.Index] = outcome;
                await RecordAsync(division.Outcomes, cancellationToken);
                if (HasToStop)
                    return true;
            }
            return true;
        }

        /// <summary>Writes again, as one set, what earlier runs found to be good.</summary>
        private async Task RepeatGoodAsync(BatchTransaction open, WriteSet set, int examined, CancellationToken cancellationToken)
        {
            var good = Enumerable.Range(0, examined).Where(position => !_failures.ContainsKey(set.IndexOf(position))).ToList();
            if (good.Count == 0)
                return;
            var repeat = set.Pick(good);
            var result = await open.RunAsync([repeat], isLast: false, cancellationToken);
            if (result.Aborted)
                throw new BatchFaultException(
                    new Error(ErrorCodes.SerializationFailure, "The rows changed while the failing items were being looked for."));
            await RecordAsync(result.Outcomes, cancellationToken);
        }

        private async Task<SearchVerdict> CheckDeferredAsync(BatchTransaction open, CancellationToken cancellationToken)
        {
            if (Plan.HasFailed || open.ImmediateConstraints)
                return SearchVerdict.Finished;
            var result = await open.RunAsync([], isLast: true, cancellationToken);
            return result.FailedSet is null ? SearchVerdict.Finished : SearchVerdict.DeferredFailure;
        }

        private async Task RecordAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
        {
            Outcomes.AddRange(outcomes);
            await Plan.RecordAsync(outcomes, committed: false, cancellationToken);
        }
    }

    /// <summary>The failed outcome of a set of one item.</summary>
    internal static ItemOutcome FailureOf(WriteSet set, StageResult result)
    {
        if (result.Failure is null && result.Outcomes is [.., { Status: ItemStatus.Failed } told])
            return told;
        var error = result.Failure is { } failure
            ? SqlStates.ToError(failure)!
            : new Error(ErrorCodes.NotModified, "No records were modified");
        return ItemOutcome.Failed(set.IndexOf(0), set.Blame(0, error));
    }
}
