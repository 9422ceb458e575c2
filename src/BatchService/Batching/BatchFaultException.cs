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

    /// <summary>Of an atomic batch: the failure of the item that the statement was about; null where that cannot be told.</summary>
    public ItemOutcome? Failure { get; init; }

    /// <summary>True when something may have been committed and nobody knows: then no item may be told as done or as not done.</summary>
    public bool IsOutcomeUnknown { get; init; }
}
