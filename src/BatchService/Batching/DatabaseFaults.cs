using Npgsql;

namespace BatchService.Batching;

/// <summary>Exceptions that end a whole transaction, as faults of the request.</summary>
internal static class DatabaseFaults
{
    /// <summary>No connection is to be had: the database is out of reach, or it is well and every connection of the pool is in use.</summary>
    public static BatchFaultException Unavailable(Exception inner) => IsExhaustedPool(inner)
        ? Busy(inner)
        : new BatchFaultException(new Error(ErrorCodes.DatabaseUnavailable, "The database cannot be reached."), inner);

    public static BatchFaultException Busy(Exception? inner = null) =>
        new(new Error(ErrorCodes.Overloaded, "All database connections are busy."), inner);

    public static BatchFaultException UnknownOutcome(Exception inner) => new(
        new Error(
            ErrorCodes.DatabaseUnavailable,
            "The connection was lost during the commit and its outcome could not be learned. Repeat the request with the same Idempotency-Key."),
        inner)
    { IsOutcomeUnknown = true };

    public static BatchFaultException Deadline() =>
        new(new Error(ErrorCodes.DeadlineExceeded, "The request took longer than allowed; what it had not committed was rolled back."));

    /// <summary>The failure as a fault of the request; an unknown one stays the exception that it was.</summary>
    /// <param name="running">The set whose statement it was; null: another statement's.</param>
    public static Exception From(PostgresException exception, WriteSet? running = null)
    {
        if (SqlStates.ToError(SqlFailure.From(exception)) is not { } error)
            return exception;
        var isOfStatement = SqlStates.IsOfStatement(exception.SqlState);
        return new BatchFaultException(error, exception) { IsOfStatement = isOfStatement, Running = isOfStatement ? running : null };
    }

    /// <summary>
    /// A lost or refused connection, as opposed to an answer of the server. Npgsql disposes of a transaction whose connection breaks, and
    /// says so to who would end it.
    /// </summary>
    public static bool IsConnectionLoss(Exception exception) =>
        exception is NpgsqlException and not PostgresException or IOException or ObjectDisposedException { InnerException: NpgsqlException }
        || exception is PostgresException { SqlState: "57P01" or "57P02" or "57P03" };

    /// <summary>Npgsql has no type for it, and a connection attempt that takes too long is a TimeoutException, too: its text is all there is.</summary>
    private static bool IsExhaustedPool(Exception exception) =>
        exception is NpgsqlException { InnerException: TimeoutException }
        && exception.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);
}
