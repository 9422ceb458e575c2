using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Jobs;

/// <summary>
/// The queue of parts, in PostgreSQL. Claiming and taking over are one statement; only the database's clock decides. Every method is a
/// transaction of its own.
/// </summary>
internal sealed class JobQueue(NpgsqlDataSource database, TimeSpan leaseTime, int maxLost, string owner)
{
    private const string ClaimSql = """
        WITH next AS (
            SELECT p.batch_job_id, p.part, p.status = 'running' AS is_taken_over
            FROM batch.job_part AS p
            JOIN batch.job AS j ON j.batch_job_id = p.batch_job_id
            WHERE p.status <> 'done'
              AND p.batch_job_id > $1
              AND (p.status = 'pending' OR p.lease_until < clock_timestamp())
              AND (p.not_before IS NULL OR p.not_before < clock_timestamp())
              AND p.lost + (p.status = 'running')::integer < $2
              AND j.status IN ('pending', 'processing')
            ORDER BY p.batch_job_id, p.part
            LIMIT 1
            FOR UPDATE OF p SKIP LOCKED),
        claimed AS (
            UPDATE batch.job_part AS p
            SET status = 'running', fence = p.fence + 1, lease_until = clock_timestamp() + $3, owner = $4,
                lost = p.lost + (p.status = 'running')::integer, not_before = NULL
            FROM next
            WHERE p.batch_job_id = next.batch_job_id AND p.part = next.part
            RETURNING p.batch_job_id, p.part, p.fence, p.lost, p.first_index, p.item_count, p.chunk_items, next.is_taken_over),
        started AS (
            UPDATE batch.job AS j
            SET status = 'processing', started_at = clock_timestamp()
            FROM claimed
            WHERE j.batch_job_id = claimed.batch_job_id AND j.status = 'pending')
        SELECT c.batch_job_id, c.part, c.fence, c.lost, c.first_index, c.item_count, c.chunk_items,
               j.job_type, j.caller, j.caller_json, j.options, j.header, j.total_items, c.is_taken_over
        FROM claimed AS c JOIN batch.job AS j ON j.batch_job_id = c.batch_job_id
        """;

    /// <summary>Claims a part of the next job after <paramref name="last"/>, or, when there is none, of the first: jobs take turns.</summary>
    public async Task<JobLease?> ClaimAsync(Guid last, CancellationToken cancellationToken) =>
        await ClaimAfterAsync(last, cancellationToken) ?? (last == Guid.Empty ? null : await ClaimAfterAsync(Guid.Empty, cancellationToken));

    /// <summary>A sign of life; false when the part is another's by now. A transaction that has the row locked is a sign itself.</summary>
    public async Task<bool> HoldAsync(JobLease lease, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            WITH mine AS (
                SELECT batch_job_id, part
                FROM batch.job_part
                WHERE batch_job_id = $1 AND part = $2 AND fence = $3 AND status = 'running'
                FOR UPDATE SKIP LOCKED),
            held AS (
                UPDATE batch.job_part AS p
                SET lease_until = clock_timestamp() + $4
                FROM mine
                WHERE p.batch_job_id = mine.batch_job_id AND p.part = mine.part)
            SELECT EXISTS (SELECT FROM batch.job_part WHERE batch_job_id = $1 AND part = $2 AND fence = $3 AND status = 'running')
            """,
            lease,
            new NpgsqlParameter<TimeSpan> { TypedValue = leaseTime });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Gives the part back before its lease is over.</summary>
    /// <param name="wait">How long it is not to be claimed.</param>
    /// <param name="chunkItems">How many items the next worker is to write together.</param>
    /// <param name="isDefect">Something unforeseen happened: it counts as a lost lease.</param>
    public async Task ReleaseAsync(JobLease lease, TimeSpan wait, int chunkItems, bool isDefect, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            UPDATE batch.job_part
            SET status = 'pending', lease_until = NULL, owner = NULL, not_before = clock_timestamp() + $4, chunk_items = $5,
                lost = lost + $6
            WHERE batch_job_id = $1 AND part = $2 AND fence = $3 AND status = 'running'
            """,
            lease,
            new NpgsqlParameter<TimeSpan> { TypedValue = wait },
            new NpgsqlParameter<int> { TypedValue = chunkItems },
            new NpgsqlParameter<int> { TypedValue = isDefect ? 1 : 0 });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends a part some items of which were left as they were: a stop at a failure, a roll-back. A job that has ended stays as it is.</summary>
    public async Task EndAsync(JobLease lease, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            WITH job AS (SELECT FROM batch.job WHERE batch_job_id = $1 AND status = 'processing' FOR SHARE)
            UPDATE batch.job_part
            SET status = 'done', lease_until = NULL, skipped = item_count - success - failed, processed = item_count
            WHERE batch_job_id = $1 AND part = $2 AND fence = $3 AND status = 'running' AND EXISTS (SELECT FROM job)
            """,
            lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<JobLease?> ClaimAfterAsync(Guid last, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ClaimSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = last });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = maxLost });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = leaseTime });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = owner });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var head = new JobHead(
            reader.GetGuid(0),
            reader.GetString(7),
            JobCaller.Read(reader.GetString(8), reader.GetString(9)),
            JsonElement.Parse(reader.GetString(10)),
            await reader.IsDBNullAsync(11, cancellationToken) ? null : reader.GetFieldValue<string[]>(11),
            reader.GetInt32(12));
        return new JobLease(
            head.JobId,
            reader.GetInt32(1),
            reader.GetInt64(2),
            reader.GetInt32(3),
            reader.GetBoolean(13),
            reader.GetInt32(4),
            reader.GetInt32(5),
            reader.GetInt32(6),
            head);
    }

    private NpgsqlCommand Command(string sql, JobLease lease, params NpgsqlParameter[] parameters)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = lease.JobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = lease.Part });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lease.Fence, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.AddRange(parameters);
        return command;
    }
}
