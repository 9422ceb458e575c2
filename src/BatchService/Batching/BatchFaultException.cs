namespace BatchService.Batching;

/// <summary>
/// The one exception for faults that end a whole request from deep inside it: deadline, overload, an unavailable database, a body over
/// its limit. Everything else that can be expected is returned as an <see cref="Batching.Error"/>.
/// </summary>
internal sealed class BatchFaultException(Error error, Exception? innerException = null) : Exception(error.Detail, innerException)
{
    public Error Error { get; } = error;

    /// <summary>A statement waited for others or ran for too long, and the transaction is rolled back: its item is to blame.</summary>
    public bool IsOfStatement { get; init; }

    /// <summary>The set whose statement it was; null: another statement's, or that cannot be told.</summary>
    public WriteSet? Running { get; init; }

    /// <summary>The failure of the item that the statement was about, for the answer of an atomic batch; null where that cannot be told.</summary>
    public ItemOutcome? Failure => Running is null ? null : ItemOutcome.Failed(Running.IndexOf(0), Running.Blame(0, Told(Running)));

    /// <summary>True when something may have been committed and nobody knows: then no item may be told as done or as not done.</summary>
    public bool IsOutcomeUnknown { get; init; }

    /// <summary>PostgreSQL does not say which row of a statement it was: the first item stands for all, and says so.</summary>
    private Error Told(WriteSet set) => set.Count == 1
        ? Error
        : Error with { Detail = $"{Error.Detail} It was this item or one of those up to {set.IndexOf(set.Count - 1)}, which one statement wrote." };
}
