using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Frames;

/// <summary>Writes frames into the caller's transaction, in one statement. A known id is replaced in full.</summary>
internal static class FrameWriter
{
    // Rows are locked in the order of their ids: batches that write the same frames in another order wait, and never for each other.
    private const string UpsertSql = """
        INSERT INTO batch.frame (id, "timestamp", branch, module_scope, jira, user_id, content, words, created_at, updated_at, created_by)
        SELECT f.id,
               f.at,
               f.content ->> 'branch',
               ARRAY(SELECT jsonb_array_elements_text(f.content -> 'module_scope')),
               f.content ->> 'jira',
               f.content ->> 'userId',
               f.content,
               array_to_tsvector(string_to_array(f.words, ' ')),
               now(),
               now(),
               $5
        FROM unnest($1, $2, $3, $4) AS f (id, at, content, words)
        ORDER BY f.id COLLATE "C"
        ON CONFLICT (id) DO UPDATE
        SET "timestamp" = EXCLUDED."timestamp",
            branch = EXCLUDED.branch,
            module_scope = EXCLUDED.module_scope,
            jira = EXCLUDED.jira,
            user_id = EXCLUDED.user_id,
            content = EXCLUDED.content,
            words = EXCLUDED.words,
            updated_at = EXCLUDED.updated_at
        """;

    /// <summary>Writes the frames; of several with the same id the last one.</summary>
    /// <param name="caller">The subject that is recorded for new ids.</param>
    public static async Task WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<Frame> frames, string caller, CancellationToken cancellationToken)
    {
        var last = frames.Reverse().DistinctBy(frame => frame.Id, StringComparer.Ordinal).ToList();
        if (last.Count == 0)
            return;
        await using var command = new NpgsqlCommand(UpsertSql, connection)
        {
            Parameters =
            {
                Column(NpgsqlDbType.Text, last, frame => frame.Id),
                Column(NpgsqlDbType.TimestampTz, last, frame => frame.Timestamp.UtcDateTime),
                Column(NpgsqlDbType.Jsonb, last, frame => Encoding.UTF8.GetString(frame.Content.Span)),
                Column(NpgsqlDbType.Text, last, frame => frame.Words),
                new NpgsqlParameter<string> { TypedValue = caller },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes a frame; false when there was none.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM batch.frame WHERE id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = id } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static NpgsqlParameter<T[]> Column<T>(NpgsqlDbType type, IEnumerable<Frame> frames, Func<Frame, T> value) =>
        new() { TypedValue = [.. frames.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type };
}
