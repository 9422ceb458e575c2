using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>What part of the audit table is asked for.</summary>
/// <param name="Since">From then on, inclusive.</param>
/// <param name="Until">Before then.</param>
/// <param name="Before">The last batch of the page before.</param>
internal sealed record AuditQuery(string? Caller, DateTimeOffset? Since, DateTimeOffset? Until, Guid? Before, int Limit)
{
    /// <summary>The smallest id from then on: ids are times in milliseconds, so that a range of times is one of the primary key.</summary>
    public static Guid FirstAt(DateTimeOffset time)
    {
        var rest = time.UtcTicks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0;
        var milliseconds = Math.Clamp(time.ToUnixTimeMilliseconds() + rest, 0, (1L << 48) - 1);
        return new Guid((int)(milliseconds >> 16), (short)milliseconds, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>The rows, newest first, one more than a page where there is another one.</summary>
    public async Task<IReadOnlyList<AuditRow>> ReadAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        var conditions = new List<string>();
        AddId("<", Before);
        AddId(">=", Since is { } since ? FirstAt(since) : null);
        AddId("<", Until is { } until ? FirstAt(until) : null);
        if (Caller is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Caller });
            conditions.Add($"caller = ${command.Parameters.Count}");
        }
        var where = conditions.Count > 0 ? $"WHERE {string.Join(" AND ", conditions)}" : "";
        command.CommandText = $"""
            SELECT batch_id, caller, at, route, mode, job_id, completed, failed, skipped, duration_ms, trace_id
            FROM batch.audit
            {where}
            ORDER BY batch_id DESC
            LIMIT {Limit + 1}
            """;
        var rows = new List<AuditRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(Read(reader));
        return rows;

        void AddId(string comparison, Guid? id)
        {
            if (id is not { } value)
                return;
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid });
            conditions.Add($"batch_id {comparison} ${command.Parameters.Count}");
        }
    }

    /// <summary>One row as the answer tells it.</summary>
    public static void Write(Utf8JsonWriter writer, AuditRow row)
    {
        writer.WriteStartObject();
        writer.WriteString("batch_id", row.BatchId);
        writer.WriteString("caller", row.Caller);
        writer.WriteString("at", Rfc3339.Format(row.At));
        writer.WriteString("route", row.Route);
        writer.WriteString("mode", row.Mode);
        WriteNullable("job_id", row.JobId?.ToString());
        WriteNumber("completed", row.Completed);
        WriteNumber("failed", row.Failed);
        WriteNumber("skipped", row.Skipped);
        WriteNumber("duration_ms", row.DurationMs);
        WriteNullable("trace_id", row.TraceId);
        writer.WriteEndObject();

        void WriteNullable(string name, string? value) => writer.WriteString(name, value);

        void WriteNumber(string name, long? value)
        {
            if (value is { } number)
                writer.WriteNumber(name, number);
            else
                writer.WriteNull(name);
        }
    }

    private static AuditRow Read(NpgsqlDataReader reader) => new()
    {
        BatchId = reader.GetGuid(0),
        Caller = reader.GetString(1),
        At = reader.GetFieldValue<DateTimeOffset>(2),
        Route = reader.GetString(3),
        Mode = reader.GetString(4),
        JobId = reader.GetFieldValue<Guid?>(5),
        Completed = reader.GetFieldValue<long?>(6),
        Failed = reader.GetFieldValue<long?>(7),
        Skipped = reader.GetFieldValue<long?>(8),
        DurationMs = reader.GetFieldValue<long?>(9),
        TraceId = reader.IsDBNull(10) ? null : reader.GetString(10),
    };
}
