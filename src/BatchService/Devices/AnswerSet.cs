using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Devices;

/// <summary>
/// A statement over the items as one JSON array (<c>$1</c>: an array of texts for each), that tells in two arrays, in their order, the
/// answer to each and how it ended: <c>done</c>, <c>missing</c> (failed without effect) or <c>again</c> (to be tried with other random
/// values). In this form <see cref="DividedWrite"/> can run it, too.
/// </summary>
internal abstract class AnswerSet<TItem>(IReadOnlyList<TItem> items, string sql) : WriteSet
    where TItem : IBatchItem
{
    private const string TryAgain = "again";

    private DividedStatement? _divided;

    public override int Count => Items.Count;

    protected IReadOnlyList<TItem> Items { get; private set; } = items;

    public override int IndexOf(int position) => Items[position].Index;

    public override NpgsqlBatchCommand ToCommand() => new(sql)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = $"[{string.Join(',', Items.Select(ToJson))}]", NpgsqlDbType = NpgsqlDbType.Jsonb } },
    };

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        var answers = reader.GetFieldValue<string?[]>(0);
        var ends = reader.GetFieldValue<string[]>(1);
        if (Count > 1 && ends.Contains(TryAgain, StringComparer.Ordinal))
            return SetAnswer.NotExact;
        return new SetAnswer([.. answers.Select((answer, position) => ToOutcome(position, answer))]);
    }

    public override Error Blame(int position, Error error) => error with { Pointer = PointerOf(Items[position]), Index = IndexOf(position) };

    public override DividedStatement ToDivided()
    {
        if (_divided is not null)
            return _divided;
        Items = [.. Items.Select(Renew)];
        return _divided = new DividedStatement(sql, [.. Items.Select(ToJson)]);
    }

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) =>
        ToOutcome(position, row is null ? null : System.Text.Encoding.UTF8.GetString(row));

    /// <summary>What the statement sees of an item.</summary>
    protected abstract string?[] Cells(TItem item);

    /// <summary>The outcome of an item, from the statement's answer to it.</summary>
    protected abstract ItemOutcome ToOutcome(int position, string? answer);

    protected abstract string PointerOf(TItem item);

    /// <summary>The item with other random values, where it has some that may be taken.</summary>
    protected virtual TItem Renew(TItem item) => item;

    protected ItemOutcome Done(int position, byte[] row, string result) =>
        new(IndexOf(position), ItemStatus.Completed) { Affected = 1, Rows = [row], Results = [result] };

    /// <summary>A failure for which a field of the item is to blame.</summary>
    protected ItemOutcome Fail(int position, ErrorCode code, string detail, string field) => ItemOutcome.Failed(
        IndexOf(position),
        new Error(code, detail, JsonPointer.Append(PointerOf(Items[position]), field)) { Index = IndexOf(position) });

    private string ToJson(TItem item) => JsonSerializer.Serialize(Cells(item), WireJson.Default.StringArray);
}
