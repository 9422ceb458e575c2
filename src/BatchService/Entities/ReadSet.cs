using BatchService.Batching;
using Npgsql;

namespace BatchService.Entities;

/// <summary>A column to sort by, possibly of a related row.</summary>
internal sealed record SortKey(Relation? Relation, Entity? Target, Column Column, bool Descending);

/// <summary>What a read wants.</summary>
/// <param name="Limit">Rows at most; null: as many as the service allows.</param>
/// <param name="Cap">Rows at most that the service allows.</param>
internal sealed record ReadQuery(
    Entity Entity,
    IReadOnlyList<FilterCondition> Filter,
    IReadOnlyList<SortKey> Sort,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<Embed> Embeds,
    int? Limit,
    long Offset,
    bool CountOnly,
    int Cap);

/// <summary>Reads rows, or their number; never more rows than the service allows, and says when there are more.</summary>
internal sealed class ReadSet(ItemPlace item, ReadQuery query) : WriteSet
{
    public override bool RunsAsCaller => true;

    public override int Count => 1;

    public override int IndexOf(int position) => item.Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var sql = new SqlText();
        var where = FilterSql.Write(query.Filter, sql);
        if (query.CountOnly)
        {
            return sql.Append($"""
                SELECT json_build_object('count', count(*))
                FROM {query.Entity.From} AS {RowJson.Alias}
                WHERE {where}
                """).ToCommand();
        }
        return sql.Append($"""
            SELECT {RowJson.Expression(query.Entity, query.Columns, query.Embeds)}
            FROM {query.Entity.From} AS {RowJson.Alias}
            WHERE {where}
            {OrderBy()}
            LIMIT {RowsWanted()}
            OFFSET {query.Offset}
            """).ToCommand();
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<ReadOnlyMemory<byte>>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(reader.GetFieldValue<byte[]>(0));
        var truncated = !query.CountOnly && rows.Count > query.Cap;
        if (truncated)
            rows.RemoveRange(query.Cap, rows.Count - query.Cap);
        return new SetAnswer([new ItemOutcome(item.Index, ItemStatus.Completed) { Affected = rows.Count, Rows = rows, Truncated = truncated }]);
    }

    public override Error Blame(int position, Error error) =>
        ErrorPlace.Redact(error, query.Entity) with { Index = item.Index, Id = item.Id, Pointer = error.Pointer ?? JsonPointer.Append(item.Place, "query_params") };

    /// <summary>One more than the cap tells that there are more.</summary>
    private long RowsWanted() => query.Limit is { } limit && limit <= query.Cap ? limit : query.Cap + 1L;

    private string OrderBy()
    {
        if (query.Sort.Count == 0)
            return RowJson.PrimaryKeyOrder(query.Entity, RowJson.Alias);
        var keys = query.Sort.Select(key => $"{SortExpression(key)}{(key.Descending ? " DESC" : "")}")
            .Concat(query.Entity.PrimaryKey.Select(name => $"{RowJson.Alias}.{SqlName.Quote(name)}"));
        return $"ORDER BY {string.Join(", ", keys)}";
    }

    private static string SortExpression(SortKey key) => key.Relation is null
        ? $"{RowJson.Alias}.{key.Column.Sql}"
        : $"(SELECT \"$s\".{key.Column.Sql} FROM {key.Target!.From} AS \"$s\" WHERE {RowJson.Join(key.Relation, key.Target, RowJson.Alias, "\"$s\"")} LIMIT 1)";
}
