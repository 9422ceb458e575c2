using System.Text;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Frames;

/// <summary>Writes frames into the caller's transaction, in one statement. A known id is replaced in full.</summary>
internal static class FrameWriter
{
    // Rows are locked in the order of their ids: batches that write the same frames in another order wait, and never for each other.
    private const string UpsertSql = $"""
        {Insert}
        FROM unnest($1, $2, $3, $4) AS f (id, at, content, words), (SELECT $5::text AS caller) AS c
        {OrReplace}
        """;

    /// <summary>The same over <c>$1</c>, a JSON array of arrays of texts, as <c>batch.write_divided</c> gives it.</summary>
    private const string DividedSql = $"""
        WITH w AS (
            {Insert}
            FROM (SELECT x.r ->> 0 AS id, (x.r ->> 1)::timestamptz AS at, (x.r ->> 2)::jsonb AS content, x.r ->> 3 AS words
                  FROM jsonb_array_elements($1) AS x(r)) AS f,
                 (SELECT $1 -> 0 ->> 4 AS caller) AS c
            {OrReplace}
            RETURNING id)
        SELECT array_agg(NULL::text), array_agg('created'::text) FROM w
        """;

    private const string Insert = """
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
               c.caller
        """;

    private const string OrReplace = """
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
        if (frames.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(ToCommand(frames, caller, UpsertSql));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The same as one command that gives one row.</summary>
    public static NpgsqlBatchCommand ToCommand(IReadOnlyList<Frame> frames, string caller) =>
        ToCommand(frames, caller, $"WITH w AS ({UpsertSql} RETURNING id) SELECT count(*) FROM w");

    /// <summary>The same, to be done frame by frame.</summary>
    public static DividedStatement ToDivided(IReadOnlyList<Frame> frames, string caller) => new(
        DividedSql,
        [
            .. frames.Select(frame => JsonSerializer.Serialize(
                [frame.Id, Rfc3339.Format(frame.Timestamp), Encoding.UTF8.GetString(frame.Content.Span), frame.Words, caller],
                WireJson.Default.StringArray)),
        ]);

    private static NpgsqlBatchCommand ToCommand(IReadOnlyList<Frame> frames, string caller, string sql)
    {
        var last = frames.Reverse().DistinctBy(frame => frame.Id, StringComparer.Ordinal).ToList();
        return new NpgsqlBatchCommand(sql)
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
