using System.Globalization;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Which page of which notebook for whom.</summary>
/// <param name="After">The cursor's keys.</param>
internal sealed record PageAsk(Guid NotebookId, string Subject, int Limit, IReadOnlyList<string>? After);

/// <summary>Lists of entries: browsed, newest first; changed since a position, in causal order; found by words, best first.</summary>
internal sealed class EntryPages(NpgsqlDataSource dataSource)
{
    private const string Marks = "StartSel=**, StopSel=**, MaxFragments=2, MinWords=5, MaxWords=25, FragmentDelimiter=\" … \"";

    /// <summary>The cursor has one key.</summary>
    public Task<(ReadOnlyMemory<byte> Json, Error? Error)> BrowseAsync(PageAsk ask, EntryFilter filter, CancellationToken cancellationToken)
    {
        if (Position(ask.After, 0, long.MaxValue) is not { } before)
            return Task.FromResult((default(ReadOnlyMemory<byte>), (Error?)PageCursor.BadCursor));
        var values = new List<object> { ask.NotebookId, before, ask.Limit + 1 };
        var sql = $"""
            SELECT {EntrySummary.Columns}
            FROM batch.entry e
            WHERE e.notebook_id = $1 AND e.causal_position < $2{filter.ToSql(values)}
            ORDER BY e.causal_position DESC
            LIMIT $3
            """;
        return ReadAsync(ask, new PageShape("entries", Current: false, WriteEntry, PositionOf), sql, values, cancellationToken);
    }

    /// <summary>The cursor has one key.</summary>
    /// <param name="since">Entries behind this position; the cursor goes before it.</param>
    public Task<(ReadOnlyMemory<byte> Json, Error? Error)> ObserveAsync(PageAsk ask, long since, CancellationToken cancellationToken)
    {
        if (Position(ask.After, 0, since) is not { } behind)
            return Task.FromResult((default(ReadOnlyMemory<byte>), (Error?)PageCursor.BadCursor));
        const string sql = $"""
            SELECT {EntrySummary.Columns}
            FROM batch.entry e
            WHERE e.notebook_id = $1 AND e.causal_position > $2 AND e.causal_position <= $4
            ORDER BY e.causal_position
            LIMIT $3
            """;
        return ReadAsync(
            ask,
            new PageShape("changes", Current: true, WriteChange, PositionOf),
            sql,
            [ask.NotebookId, behind, ask.Limit + 1],
            cancellationToken);
    }

    /// <summary>The cursor has two keys.</summary>
    public Task<(ReadOnlyMemory<byte> Json, Error? Error)> SearchAsync(
        PageAsk ask, string tsquery, EntryFilter filter, CancellationToken cancellationToken)
    {
        var rank = float.MaxValue;
        if (Position(ask.After, 1, long.MaxValue) is not { } before
            || (ask.After is { } keys && !float.TryParse(keys[0], NumberStyles.Float, CultureInfo.InvariantCulture, out rank)))
        {
            return Task.FromResult((default(ReadOnlyMemory<byte>), (Error?)PageCursor.BadCursor));
        }

        // The snippets are made of the page's rows only, and of a bounded part of them.
        var values = new List<object> { ask.NotebookId, before, ask.Limit + 1, tsquery, rank };
        var sql = $"""
            SELECT {EntrySummary.Columns}, e.rank, ts_headline('simple', left(e.content, 20000), e.query, '{Marks}')
            FROM (
                SELECT e.*, ts_rank(e.search_text, query) AS rank, query
                FROM batch.entry e, to_tsquery('simple', $4) AS query
                WHERE e.notebook_id = $1 AND e.search_text @@ query{filter.ToSql(values)}
                  AND (ts_rank(e.search_text, query), e.causal_position) < ($5::real, $2::bigint)
                ORDER BY rank DESC, e.causal_position DESC
                LIMIT $3) e
            ORDER BY e.rank DESC, e.causal_position DESC
            """;
        return ReadAsync(ask, new PageShape("entries", Current: false, WriteHit, RankAndPositionOf), sql, values, cancellationToken);
    }

    private async Task<(ReadOnlyMemory<byte> Json, Error? Error)> ReadAsync(
        PageAsk ask, PageShape shape, string sql, List<object> values, CancellationToken cancellationToken)
    {
        // The position first: what is written between the two reads is left for the next call.
        var (found, current) = await FindAsync(ask, cancellationToken);
        if (!found)
            return (default, NotebookErrors.NotebookNotFound(ask.NotebookId));
        if (shape.Current)
            values.Add(current);
        await using var batch = Statement.Together(dataSource, Statement.Of(sql, [.. values]));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return (await shape.ReadAsync(reader, ask.Limit, current, cancellationToken), null);
    }

    private async Task<(bool Found, long Current)> FindAsync(PageAsk ask, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(
            dataSource, Statement.Of(NotebookAccess.Select(AccessTier.Read), ask.NotebookId, ask.Subject));
        return await batch.ExecuteScalarAsync(cancellationToken) is long current ? (true, current) : (false, 0);
    }

    private static void WriteEntry(Utf8JsonWriter writer, NpgsqlDataReader reader) => EntrySummary.WriteMembers(writer, reader);

    private static void WriteChange(Utf8JsonWriter writer, NpgsqlDataReader reader)
    {
        writer.WriteString("operation", EntryReader.Id(reader, 6) is null ? "write" : "revise");
        EntrySummary.WriteMembers(writer, reader);
    }

    private static void WriteHit(Utf8JsonWriter writer, NpgsqlDataReader reader)
    {
        EntrySummary.WriteMembers(writer, reader);
        writer.WriteNumber("rank", reader.GetFloat(EntrySummary.Count));
        writer.WriteString("snippet", reader.GetString(EntrySummary.Count + 1));
    }

    private static string[] PositionOf(NpgsqlDataReader reader) => [reader.GetInt64(1).ToString(CultureInfo.InvariantCulture)];

    private static string[] RankAndPositionOf(NpgsqlDataReader reader) =>
        [reader.GetFloat(EntrySummary.Count).ToString("R", CultureInfo.InvariantCulture), .. PositionOf(reader)];

    /// <summary>A key of the cursor as a position; null when it is none.</summary>
    private static long? Position(IReadOnlyList<string>? after, int key, long otherwise)
    {
        if (after is null)
            return otherwise;
        return long.TryParse(after[key], NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : null;
    }
}
