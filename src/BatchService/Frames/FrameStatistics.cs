using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Frames;

/// <summary>Counts the stored frames: in all, and by branch, module and user.</summary>
internal sealed class FrameStatistics(NpgsqlDataSource database)
{
    /// <summary>Entries of each list: those with the most frames.</summary>
    public const int MaxEntries = 100;

    // One statement, so that the numbers are of one moment. A module that a frame names twice counts once.
    private const string Sql = """
        WITH branches AS (
            SELECT branch AS name, count(*) AS n FROM batch.frame GROUP BY branch
        ), modules AS (
            SELECT m.name, count(*) AS n
            FROM batch.frame AS f CROSS JOIN LATERAL (SELECT DISTINCT unnest(f.module_scope) AS name) AS m
            GROUP BY m.name
        ), users AS (
            SELECT user_id AS name, count(*) AS n FROM batch.frame WHERE user_id IS NOT NULL GROUP BY user_id
        )
        SELECT (SELECT count(*) FROM batch.frame),
               (SELECT min("timestamp") FROM batch.frame),
               (SELECT max("timestamp") FROM batch.frame),
               (SELECT count(*) FROM branches), (SELECT count(*) FROM modules), (SELECT count(*) FROM users),
               (SELECT json_agg(json_build_object('branch', name, 'count', n) ORDER BY n DESC, name COLLATE "C")
                FROM (SELECT name, n FROM branches ORDER BY n DESC, name COLLATE "C" LIMIT $1) AS b)::text,
               (SELECT json_agg(json_build_object('module', name, 'count', n) ORDER BY n DESC, name COLLATE "C")
                FROM (SELECT name, n FROM modules ORDER BY n DESC, name COLLATE "C" LIMIT $1) AS m)::text,
               (SELECT json_agg(json_build_object('userId', name, 'count', n) ORDER BY n DESC, name COLLATE "C")
                FROM (SELECT name, n FROM users ORDER BY n DESC, name COLLATE "C" LIMIT $1) AS u)::text
        """;

    private static readonly string[] s_times = ["oldest", "newest"];
    private static readonly string[] s_counts = ["branches", "modules", "users"];
    private static readonly string[] s_lists = ["byBranch", "byModule", "byUser"];

    /// <summary>The counts as JSON.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MaxEntries });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var column = 0;
        var body = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(body, WireJson.Writing);
        writer.WriteStartObject();
        writer.WriteNumber("total", reader.GetInt64(column++));
        foreach (var name in s_times)
        {
            var isEmpty = await reader.IsDBNullAsync(column, cancellationToken);
            writer.WriteString(name, isEmpty ? null : Rfc3339.Format(reader.GetFieldValue<DateTimeOffset>(column)));
            column++;
        }
        foreach (var name in s_counts)
            writer.WriteNumber(name, reader.GetInt64(column++));
        foreach (var name in s_lists)
        {
            writer.WritePropertyName(name);
            using var list = JsonDocument.Parse(await reader.IsDBNullAsync(column, cancellationToken) ? "[]" : reader.GetString(column));
            list.RootElement.WriteTo(writer);
            column++;
        }
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
        return body.WrittenMemory;
    }
}
