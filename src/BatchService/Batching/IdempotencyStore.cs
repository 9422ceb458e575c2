using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>
/// The rows of <c>batch.idempotency_key</c> and <c>batch.idempotency_part</c>. Every method runs inside a transaction of the caller's, so
/// that a key, the effects and the answer stand or fall together. Only the database's clock decides about leases.
/// </summary>
internal sealed class IdempotencyStore(IdempotencyKey key, TimeSpan lease, TimeSpan keep)
{
    private const string LockTimeout = "55P03";

    /// <summary>Claims the key, or learns why not. A concurrent claim that is not committed yet is waited for, up to the lock time-out.</summary>
    public async Task<IdempotencyClaim> ClaimAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var fence = await InsertAsync(connection, cancellationToken);
            if (fence is null && await DeleteExpiredAsync(connection, cancellationToken))
                fence = await InsertAsync(connection, cancellationToken);
            return fence is null
                ? await ReadAsync(connection, cancellationToken)
                : new IdempotencyClaim(ClaimState.Mine, fence.Value, null, fence == 1 ? [] : await ReadPartsAsync(connection, cancellationToken));
        }
        catch (PostgresException exception) when (exception.SqlState == LockTimeout)
        {
            return IdempotencyClaim.Running;
        }
    }

    /// <summary>Renews the lease; false when another request has taken the key over.</summary>
    public async Task<bool> HoldAsync(NpgsqlConnection connection, long fence, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            connection,
            """
            UPDATE batch.idempotency_key
            SET lease_until = now() + $5
            WHERE caller = $1 AND route = $2 AND key = $3 AND fence = $4 AND status IS NULL
            """,
            cancellationToken,
            new NpgsqlParameter<long> { TypedValue = fence },
            new NpgsqlParameter<TimeSpan> { TypedValue = lease }) == 1;

    /// <summary>Keeps what a transaction decided, for a request that takes over after a crash.</summary>
    public Task AddPartAsync(NpgsqlConnection connection, int part, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken) =>
        ExecuteAsync(
            connection,
            "INSERT INTO batch.idempotency_part (caller, route, key, part, outcomes) VALUES ($1, $2, $3, $4, $5)",
            cancellationToken,
            new NpgsqlParameter<int> { TypedValue = part },
            new NpgsqlParameter<byte[]> { TypedValue = OutcomeJson.Write(outcomes) });

    /// <summary>Keeps the answer; the parts are not needed any more. False, and nothing done, when another request has taken the key over.</summary>
    public async Task<bool> FinishAsync(NpgsqlConnection connection, long fence, StoredAnswer answer, CancellationToken cancellationToken)
    {
        var kept = await ExecuteAsync(
            connection,
            """
            UPDATE batch.idempotency_key
            SET status = $5, content_type = $6, response = $7, succeeded = $8, failed = $9, location = $10
            WHERE caller = $1 AND route = $2 AND key = $3 AND fence = $4
            """,
            cancellationToken,
            new NpgsqlParameter<long> { TypedValue = fence },
            new NpgsqlParameter<int> { TypedValue = answer.Status },
            new NpgsqlParameter<string> { TypedValue = answer.ContentType },
            new NpgsqlParameter<byte[]> { TypedValue = answer.Body.ToArray() },
            new NpgsqlParameter<long> { TypedValue = answer.Succeeded },
            new NpgsqlParameter<long> { TypedValue = answer.Failed },
            new NpgsqlParameter { Value = (object?)answer.Location ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        if (kept == 0)
            return false;
        await ExecuteAsync(
            connection, "DELETE FROM batch.idempotency_part WHERE caller = $1 AND route = $2 AND key = $3", cancellationToken);
        return true;
    }

    /// <summary>Gives the key back: a request without effect does not burn it, and one that was interrupted is gone on with at once.</summary>
    public async Task LeaveAsync(NpgsqlConnection connection, long fence, CancellationToken cancellationToken)
    {
        const string Mine = "caller = $1 AND route = $2 AND key = $3 AND fence = $4 AND status IS NULL";
        var released = await ExecuteAsync(
            connection,
            $"""
            DELETE FROM batch.idempotency_key
            WHERE {Mine} AND NOT EXISTS (SELECT FROM batch.idempotency_part WHERE caller = $1 AND route = $2 AND key = $3)
            """,
            cancellationToken,
            new NpgsqlParameter<long> { TypedValue = fence });
        if (released == 0)
        {
            await ExecuteAsync(
                connection,
                $"UPDATE batch.idempotency_key SET lease_until = '-infinity' WHERE {Mine}",
                cancellationToken,
                new NpgsqlParameter<long> { TypedValue = fence });
        }
    }

    private async Task<bool> DeleteExpiredAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => await ExecuteAsync(
        connection,
        "DELETE FROM batch.idempotency_key WHERE caller = $1 AND route = $2 AND key = $3 AND expires_at < now()",
        cancellationToken) == 1;

    private async Task<long?> InsertAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            """
            INSERT INTO batch.idempotency_key AS k (caller, route, key, body_hash, created_at, expires_at, lease_until, fence)
            VALUES ($1, $2, $3, $4, now(), now() + $5, now() + $6, 1)
            ON CONFLICT (caller, route, key) DO UPDATE
            SET fence = k.fence + 1, lease_until = EXCLUDED.lease_until
            WHERE k.status IS NULL AND k.lease_until < now() AND k.body_hash = EXCLUDED.body_hash
            RETURNING fence
            """,
            new NpgsqlParameter<byte[]> { TypedValue = key.BodyHash },
            new NpgsqlParameter<TimeSpan> { TypedValue = keep },
            new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    private async Task<IdempotencyClaim> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            """
            SELECT body_hash = $4, status, content_type, response, succeeded, failed, location
            FROM batch.idempotency_key
            WHERE caller = $1 AND route = $2 AND key = $3
            """,
            new NpgsqlParameter<byte[]> { TypedValue = key.BodyHash });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return IdempotencyClaim.Running;
        if (!reader.GetBoolean(0))
            return new IdempotencyClaim(ClaimState.Reused, 0, null, []);
        if (await reader.IsDBNullAsync(1, cancellationToken))
            return IdempotencyClaim.Running;
        var answer = new StoredAnswer(
            reader.GetInt32(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3), reader.GetInt64(4), reader.GetInt64(5))
        {
            IsReplay = true,
            Location = await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetString(6),
        };
        return new IdempotencyClaim(ClaimState.Replay, 0, answer, []);
    }

    private async Task<IReadOnlyList<ItemOutcome>> ReadPartsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection, "SELECT outcomes FROM batch.idempotency_part WHERE caller = $1 AND route = $2 AND key = $3 ORDER BY part");
        var outcomes = new List<ItemOutcome>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            outcomes.AddRange(OutcomeJson.Read(reader.GetFieldValue<byte[]>(0)));
        return outcomes;
    }

    private async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var part in new[] { key.Caller, key.Route, key.Key })
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = part, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.AddRange(parameters);
        return command;
    }
}
