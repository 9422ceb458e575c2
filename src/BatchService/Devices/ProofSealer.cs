using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Devices;

/// <summary>
/// Seals locked proofs now and then: puts them, in the order of their ids, into a Merkle tree and keeps its root. A seal and its proofs
/// are one transaction, and of several processes one seals at a time, so that every proof gets exactly one seal.
/// </summary>
internal sealed partial class ProofSealer(
    TransactionRunner transactions, IOptions<ProofsOptions> options, TimeProvider time, ILogger<ProofSealer> logger) : BackgroundService
{
    /// <summary>Proofs of one seal.</summary>
    private const int MaxProofs = 10_000;

    private static readonly Caller s_self = new("proof-sealer", new HashSet<string>(), new HashSet<string>(), "{}");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SealInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await SealAsync(stoppingToken) == MaxProofs)
                {
                    // There may be more.
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, the loop goes on: what was not sealed is sealed next time.
                LogFailed(logger, exception.Message);
            }
        }
    }

    /// <summary>Seals what is not sealed, up to the limit.</summary>
    /// <returns>How many proofs.</returns>
    private async Task<int> SealAsync(CancellationToken cancellationToken)
    {
        var (_, count) = await transactions.RunAsync(
            s_self,
            hook: null,
            immediateConstraints: false,
            async (open, token) =>
            {
                await open.BeginAsync(token);
                var leaves = await TakeAsync(open.Connection, token);
                if (leaves.Count > 0)
                    await KeepAsync(leaves, open.Connection, token);
                return new TransactionVerdict<int>(leaves.Count > 0, leaves.Count, []);
            },
            cancellationToken);
        return count;
    }

    /// <summary>Empty also while another process seals.</summary>
    private static async Task<List<(Guid RecordId, byte[] Hash)>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var turn = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(hashtextextended('batch.proof_seal', 0))", connection);
        if (!(bool)(await turn.ExecuteScalarAsync(cancellationToken))!)
            return [];
        // In a statement of its own: it must see what the last one who had the lock has committed.
        await using var take = new NpgsqlCommand(
            $"SELECT record_id, asset_hash FROM batch.proof WHERE seal_id IS NULL ORDER BY record_id LIMIT {MaxProofs} FOR UPDATE", connection);
        var leaves = new List<(Guid, byte[])>();
        await using var reader = await take.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            leaves.Add((reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)));
        return leaves;
    }

    private async Task KeepAsync(List<(Guid RecordId, byte[] Hash)> leaves, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var now = time.GetMicroseconds();
        var root = MerkleTree.Root([.. leaves.Select(leaf => Convert.ToHexStringLower(leaf.Hash))]);
        await using var command = new NpgsqlCommand(
            """
            WITH s AS (
                INSERT INTO batch.proof_seal (seal_id, root, proof_count, sealed_at) VALUES ($1, $2, cardinality($4), $3))
            UPDATE batch.proof AS p
            SET seal_id = $1, leaf_position = u.ord::integer - 1
            FROM unnest($4) WITH ORDINALITY AS u(record_id, ord)
            WHERE p.record_id = u.record_id AND p.seal_id IS NULL
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(now) },
                new NpgsqlParameter<byte[]> { TypedValue = Convert.FromHexString(root) },
                new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. leaves.Select(leaf => leaf.RecordId)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) != leaves.Count)
            throw new InvalidOperationException("A proof that was locked has changed.");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Proofs could not be sealed; it is tried again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
