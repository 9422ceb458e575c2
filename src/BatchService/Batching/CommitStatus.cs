using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>What a transaction is known by when the reply to its COMMIT was lost.</summary>
/// <param name="Id">Its <c>xid8</c>.</param>
/// <param name="ServerRun">The run of the server that gave the id.</param>
internal sealed record TransactionMark(string Id, string ServerRun);

/// <summary>Learns what became of a COMMIT whose reply was lost, by <c>pg_xact_status</c> on a fresh connection.</summary>
internal static class CommitStatus
{
    /// <summary>
    /// An expression that changes when the server starts or recovers from a crash (which discards all statistics). A crash takes back ids
    /// whose transactions had not reached the disk, and the next transactions get them again: then <c>committed</c> is said of another.
    /// </summary>
    public const string ServerRun = "concat_ws(' ', pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time())";

    private const string Sql = $"SELECT pg_xact_status($1::xid8), {ServerRun}";

    /// <summary>pg_xact_status of an id that the server has not given yet.</summary>
    private const string InTheFuture = PostgresErrorCodes.InvalidParameterValue;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>True when the transaction is committed, false when it is rolled back.</summary>
    /// <exception cref="BatchFaultException">Neither could be learned in time, or at all.</exception>
    public static async Task<bool> IsCommittedAsync(ConnectionGate gate, TransactionMark transaction, TimeProvider time, Exception lost)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        while (!patience.IsCancellationRequested)
        {
            switch (await TryReadAsync(gate, transaction.Id, patience.Token))
            {
                case ("aborted", _):
                    return false;
                case ("committed", var run) when run == transaction.ServerRun:
                    return true;
                case ("committed", _):
                    throw DatabaseFaults.UnknownOutcome(lost);
            }
            await Task.Delay(Pause, time, CancellationToken.None);
        }
        throw DatabaseFaults.UnknownOutcome(lost);
    }

    private static async Task<(string? Status, string? ServerRun)> TryReadAsync(
        ConnectionGate gate, string transactionId, CancellationToken cancellationToken)
    {
        try
        {
            await using var lease = await gate.OpenAfreshAsync(cancellationToken);
            await using var command = new NpgsqlCommand(Sql, lease.Connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = transactionId, NpgsqlDbType = NpgsqlDbType.Text } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken) && !await reader.IsDBNullAsync(0, cancellationToken)
                ? (reader.GetString(0), reader.GetString(1))
                : default;
        }
        catch (PostgresException exception) when (exception.SqlState == InTheFuture)
        {
            return ("aborted", null);
        }
        catch (Exception exception) when (exception is BatchFaultException or OperationCanceledException or PostgresException || DatabaseFaults.IsConnectionLoss(exception))
        {
            return default;
        }
    }
}
