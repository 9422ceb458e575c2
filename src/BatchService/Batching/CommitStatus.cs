using Npgsql;

namespace BatchService.Batching;

/// <summary>Learns what became of a COMMIT whose reply was lost, by <c>pg_xact_status</c> on a fresh connection.</summary>
internal static class CommitStatus
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>True when the transaction is committed, false when it is rolled back.</summary>
    /// <exception cref="BatchFaultException">Neither could be learned in time.</exception>
    public static async Task<bool> IsCommittedAsync(ConnectionGate gate, string transactionId, TimeProvider time, Exception lost)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        while (!patience.IsCancellationRequested)
        {
            var status = await TryReadAsync(gate, transactionId, patience.Token);
            if (status is "committed" or "aborted")
                return status == "committed";
            await Task.Delay(Pause, time, CancellationToken.None);
        }
        throw DatabaseFaults.UnknownOutcome(lost);
    }

    private static async Task<string?> TryReadAsync(ConnectionGate gate, string transactionId, CancellationToken cancellationToken)
    {
        try
        {
            await using var lease = await gate.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_xact_status($1::xid8)", lease.Connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = transactionId, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } },
            };
            return await command.ExecuteScalarAsync(cancellationToken) as string;
        }
        catch (Exception exception) when (exception is BatchFaultException or NpgsqlException or OperationCanceledException)
        {
            return null;
        }
    }
}
