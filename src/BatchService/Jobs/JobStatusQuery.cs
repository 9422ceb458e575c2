using Npgsql;
using NpgsqlTypes;

namespace BatchService.Jobs;

/// <summary>Reads how jobs stand.</summary>
internal static class JobStatusQuery
{
    private const string Columns = """
        SELECT j.batch_job_id, j.job_type, j.status, j.total_items, coalesce(p.success, 0)::integer, coalesce(p.failed, 0)::integer,
               coalesce(p.skipped, 0)::integer, j.created_at, j.started_at, j.completed_at, j.expires_at, clock_timestamp(),
               j.error_message, j.metadata::text, j.retry_of, j.is_pruned
        FROM batch.job AS j
        LEFT JOIN LATERAL (
            SELECT sum(success) AS success, sum(failed) AS failed, sum(skipped) AS skipped
            FROM batch.job_part AS p WHERE p.batch_job_id = j.batch_job_id) AS p ON true
        """;

    /// <summary>A job of this caller, or null.</summary>
    /// <param name="command">An empty command of the connection or data source to ask.</param>
    public static async Task<JobStatus?> FindAsync(NpgsqlCommand command, Guid jobId, string caller, CancellationToken cancellationToken)
    {
        await using (command)
        {
            command.CommandText = $"{Columns} WHERE j.batch_job_id = $1 AND j.caller = $2";
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = caller });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
        }
    }

    /// <summary>The caller's jobs, newest first.</summary>
    public static async Task<IReadOnlyList<JobStatus>> ListAsync(
        NpgsqlDataSource database, string caller, string? status, string? jobType, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            {Columns}
            WHERE j.caller = $1 AND ($2::text IS NULL OR j.status = $2) AND ($3::text IS NULL OR j.job_type = $3)
              AND ($4::uuid IS NULL OR j.batch_job_id < $4)
              AND NOT j.is_pruned AND (j.expires_at IS NULL OR j.expires_at > clock_timestamp())
            ORDER BY j.batch_job_id DESC
            LIMIT $5
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = caller });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)status ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)jobType ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var jobs = new List<JobStatus>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            jobs.Add(Read(reader));
        return jobs;
    }

    private static JobStatus Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetInt32(3),
        reader.GetInt32(4),
        reader.GetInt32(5),
        reader.GetInt32(6),
        reader.GetFieldValue<DateTimeOffset>(7),
        Time(reader, 8),
        Time(reader, 9),
        Time(reader, 10),
        reader.GetFieldValue<DateTimeOffset>(11),
        reader.IsDBNull(12) ? null : reader.GetString(12),
        reader.IsDBNull(13) ? null : reader.GetString(13),
        reader.IsDBNull(14) ? null : reader.GetGuid(14),
        reader.GetBoolean(15));

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
