using Npgsql;

namespace BatchService.Batching;

/// <summary>
/// Finds the item of a set whose statement waited for a lock in vain, since PostgreSQL does not say which row it was: does once more what
/// comes before the set, and halves the set until one item is left. It ends in a rollback.
/// </summary>
internal sealed class LockSearch(TransactionRunner transactions)
{
    private const string Savepoint = "before_half";

    /// <summary>Enough for a second look at a lock that has been waited for several times.</summary>
    private const string Patience = "SELECT set_config('lock_timeout', '200ms', true)";

    /// <summary>The set of that item; null where the second look met something else. The plan is left at the set.</summary>
    public async Task<WriteSet?> RunAsync(BatchPlan plan, WriteSet set, Caller caller, CancellationToken cancellationToken)
    {
        var (_, found) = await transactions.RunAsync(
            caller,
            hook: null,
            immediateConstraints: false,
            async (open, token) => new TransactionVerdict<WriteSet?>(false, await FindAsync(open, plan, set, token), []),
            cancellationToken);
        return found;
    }

    private static async Task<WriteSet?> FindAsync(BatchTransaction open, BatchPlan plan, WriteSet set, CancellationToken cancellationToken)
    {
        plan.Restart(inOrder: false, AtomicDiagnosis.NoFailures);
        while (await plan.NextAsync(cancellationToken) is { Sets.Count: > 0 } stage)
        {
            var before = stage.Sets.TakeWhile(other => other.IndexOf(0) != set.IndexOf(0)).ToList();
            if (before.Count > 0)
            {
                var result = await open.RunAsync(before, isLast: false, cancellationToken);
                if (result.FailedSet is not null)
                    return null;
                await plan.RecordAsync(result.Outcomes, committed: false, cancellationToken);
            }
            if (before.Count < stage.Sets.Count)
                return await HalveAsync(open, stage.Sets[before.Count], cancellationToken);
        }
        return null;
    }

    private static async Task<WriteSet?> HalveAsync(BatchTransaction open, WriteSet set, CancellationToken cancellationToken)
    {
        await open.BeginAsync(set, cancellationToken);
        await using (var command = new NpgsqlCommand(Patience, open.Connection, open.Transaction))
            await command.ExecuteNonQueryAsync(cancellationToken);
        var (low, high) = (0, set.Count);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            await open.Transaction.SaveAsync(Savepoint, cancellationToken);
            try
            {
                var half = await open.RunAsync([set.Pick([.. Enumerable.Range(low, middle - low)])], isLast: false, cancellationToken);
                if (half.FailedSet is not null)
                    return null;
                low = middle;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                await open.Transaction.RollbackAsync(Savepoint, cancellationToken);
                high = middle;
            }
        }
        return set.Pick([low]);
    }
}
