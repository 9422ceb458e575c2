using Npgsql;

namespace BatchService.Batching;

/// <summary>Exceptions that end a whole transaction, as faults of the request.</summary>
internal static class DatabaseFaults
{
    public static BatchFaultException Unavailable(Exception inner) =>
        new(new Error(ErrorCodes.DatabaseUnavailable, "The database cannot be reached."), inner);

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
        return new BatchFaultException(error, exception)
        {
            IsOfStatement = isOfStatement,
            Failure = isOfStatement && running is not null ? FailureOf(running, error) : null,
        };
    }

    /// <summary>PostgreSQL does not say which row of a statement waited: the first item stands for all, and says so.</summary>
    private static ItemOutcome FailureOf(WriteSet set, Error error)
    {
        if (set.Count > 1)
            error = error with { Detail = $"{error.Detail} It was this item or one of those up to {set.IndexOf(set.Count - 1)}, which one statement wrote." };
        return ItemOutcome.Failed(set.IndexOf(0), set.Blame(0, error));
    }

    /// <summary>A lost or refused connection, as opposed to an answer of the server.</summary>
    public static bool IsConnectionLoss(Exception exception) =>
        exception is NpgsqlException and not PostgresException or IOException
        || exception is PostgresException { SqlState: "57P01" or "57P02" or "57P03" };
}
