using BatchService.Batching;
using Npgsql;

namespace BatchService.Entities;

/// <summary>A column and the text of its new value.</summary>
internal sealed record Assignment(Column Column, string? Text);

/// <summary>Where an item stands in the request.</summary>
/// <param name="Place">The JSON pointer to the item.</param>
internal sealed record ItemPlace(int Index, string? Id, string Place);

/// <summary>Updates or deletes the rows that a filter matches. It counts them first, in the same statement, and touches none when they are too many.</summary>
/// <param name="assignments">The new values; null: the rows are deleted.</param>
internal sealed class FilteredWriteSet(
    ItemPlace item,
    Entity entity,
    IReadOnlyList<FilterCondition> filter,
    IReadOnlyList<Assignment>? assignments,
    Expectations expectations,
    bool representation) : WriteSet
{
    /// <summary>Refusals of the new row, which the database gives without naming a column.</summary>
    private static readonly HashSet<ErrorCode> s_ofValues =
        [ErrorCodes.RowSecurityViolation, ErrorCodes.PermissionDenied, ErrorCodes.ValidationFailed, ErrorCodes.ValueTooLong, ErrorCodes.NumericOutOfRange];

    public override bool RunsAsCaller => true;

    public override int Count => 1;

    public override int IndexOf(int position) => item.Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var sql = new SqlText();
        var matches = FilterSql.Write(filter, sql);
        var unchanged = expectations.IfMatch is { } etags
            ? $" AND {RowJson.Etag(entity, RowJson.Alias)} = ANY ({sql.Parameter([.. etags])})"
            : "";
        // No other table is in sight here, so the filter needs no sub-select and the planner may use an index for it.
        var visible = entity.RowFilter is { } filterOfRows ? $" AND ({filterOfRows})" : "";
        var written = assignments is null ? "true" : RowFilter.Checked(entity, "true");
        var row = representation ? RowJson.Expression(entity) : "NULL::json";
        return sql.Append($"""
            WITH f AS MATERIALIZED (
                SELECT count(*) AS n
                FROM (SELECT 1 FROM {entity.From} AS {RowJson.Alias} WHERE {matches} LIMIT {expectations.MaxAffected + 1L}) AS m),
            w AS (
                {Change(sql)}
                WHERE {matches}{visible}{unchanged} AND (SELECT n FROM f) <= {expectations.MaxAffected}
                RETURNING {row} AS row_json, {written} AS written)
            SELECT f.n, w.row_json, w.written
            FROM f LEFT JOIN w ON true
            """).ToCommand();
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var matching = 0L;
        var affected = 0;
        var rows = new List<ReadOnlyMemory<byte>>();
        while (await reader.ReadAsync(cancellationToken))
        {
            matching = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
                rows.Add(reader.GetFieldValue<byte[]>(1));
            if (!reader.IsDBNull(2))
                affected++;
        }
        if (expectations.Judge(matching, affected) is { } error)
            return new SetAnswer([ItemOutcome.Failed(item.Index, Blame(0, error))], MustRollBack: affected > 0);
        return new SetAnswer([new ItemOutcome(item.Index, ItemStatus.Completed) { Affected = affected, Rows = rows }]);
    }

    public override Error Blame(int position, Error error)
    {
        var isOfValues = assignments is not null && (error.Columns.Count > 0 || error.Constraint is not null || s_ofValues.Contains(error.Code));
        // Columns that the database names are those of the new row; of a deleted one the request has nothing to point at.
        var located = isOfValues
            ? ErrorPlace.Locate(error, entity, JsonPointer.Append(item.Place, "store_params"))
            : ErrorPlace.Redact(error, entity) with { Pointer = error.Pointer ?? JsonPointer.Append(item.Place, "query_params") };
        return located with { Index = item.Index, Id = item.Id };
    }

    private string Change(SqlText sql)
    {
        if (assignments is null)
            return $"DELETE FROM {entity.Sql} AS {RowJson.Alias}";
        var list = assignments.Select(one => $"{one.Column.Sql} = ({sql.Parameter(one.Text)})::{one.Column.Type.CastSql}");
        if (ConcurrencyColumn.Of(entity) is { } version)
            list = list.Append($"{version.Sql} = {ConcurrencyColumn.Next(version)}");
        return $"UPDATE {entity.Sql} AS {RowJson.Alias} SET {string.Join(", ", list)}";
    }
}
