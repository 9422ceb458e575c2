namespace BatchService.Batching;

/// <summary>
/// The one exception for faults that end a whole request from deep inside it: deadline, overload, an unavailable database, a body over
/// its limit. Everything else that can be expected is returned as an <see cref="Batching.Error"/>.
/// </summary>
internal sealed class BatchFaultException(Error error, Exception? innerException = null) : Exception(error.Detail, innerException)
{
    public Error Error { get; } = error;

    /// <summary>True when something may have been committed and nobody knows: then no item may be told as done or as not done.</summary>
    public bool IsOutcomeUnknown { get; init; }
}
