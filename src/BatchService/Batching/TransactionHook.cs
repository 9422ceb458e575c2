using Npgsql;

namespace BatchService.Batching;

/// <summary>
/// Takes part in every transaction of a batch: first, before any effect (an idempotency row, a job's fence), and last, before COMMIT
/// (the stored answer, the items' status), so that its writes and the batch's effects stand or fall together.
/// </summary>
internal abstract class TransactionHook
{
    /// <summary>What takes too long is not a failure yet: whoever runs it will try again with less at once.</summary>
    public virtual bool TriesAgainLater => false;

    /// <summary>Runs first in the transaction. False: the work is not this request's to do (any more); roll back and stop.</summary>
    public abstract Task<bool> AfterBeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    /// <summary>Runs last in the transaction, with what the transaction did.</summary>
    /// <param name="connection">The open transaction's connection.</param>
    /// <param name="outcomes">Of the items that this transaction decided.</param>
    /// <param name="cancellationToken">Ends with the request's deadline.</param>
    public abstract Task BeforeCommitAsync(
        NpgsqlConnection connection, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary>Runs when the transaction is known to be committed; where that is never learned, it does not run.</summary>
    public virtual void AfterCommit()
    {
    }
}
