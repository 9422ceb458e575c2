using BatchService.Batching;
using Npgsql;

namespace BatchService.Entities;

/// <summary>Fails unless the rows that a filter matches have the expected number; writes nothing.</summary>
/// <param name="expect">The exact number; null: at least one.</param>
internal sealed class AssertSet(ItemPlace item, Entity entity, IReadOnlyList<FilterCondition> filter, long? expect) : WriteSet
{
    public override bool RunsAsCaller => true;

    public override int Count => 1;

    public override int IndexOf(int position) => item.Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var sql = new SqlText();
        var where = FilterSql.Write(filter, sql);
        // Counting stops where the answer is known.
        return sql.Append($"""
            SELECT count(*)
            FROM (SELECT 1 FROM {entity.From} AS {RowJson.Alias} WHERE {where} LIMIT {(expect ?? 0) + 1}) AS m
            """).ToCommand();
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        var number = reader.GetInt64(0);
        if (expect is { } exactly ? number == exactly : number > 0)
            return new SetAnswer([new ItemOutcome(item.Index, ItemStatus.Completed)]);
        var detail = expect is { } wanted
            ? $"Expected exactly {wanted} matching rows, but there are {(number > wanted ? "more" : number)}."
            : "Expected at least one matching row, but there is none.";
        return new SetAnswer([ItemOutcome.Failed(item.Index, Blame(0, new Error(ErrorCodes.AssertionFailed, detail)))]);
    }

    public override Error Blame(int position, Error error) =>
        ErrorPlace.Redact(error, entity) with { Index = item.Index, Id = item.Id, Pointer = error.Pointer ?? JsonPointer.Append(item.Place, "query_params") };
}
