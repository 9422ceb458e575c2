using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Entities;

/// <summary>The rows of one item: a single row of a row batch, or all the rows of one operation.</summary>
/// <param name="Index">The item's index in the request.</param>
/// <param name="Cells">For each row its cells, laid out as the set's <see cref="RowShape"/> says.</param>
/// <param name="Pointers">For each row the place of its object in the request.</param>
internal sealed record RowItem(int Index, string? Id, IReadOnlyList<string?[]> Cells, IReadOnlyList<string> Pointers);

/// <summary>Rows of one shape, written by one statement: create, upsert, update or delete by key.</summary>
internal sealed class RowWriteSet(RowShape shape, IReadOnlyList<RowItem> items) : WriteSet
{
    private const string Created = "created";

    private DividedStatement? _divided;

    public override bool RunsAsCaller => true;

    public override int Count => items.Count;

    public override int IndexOf(int position) => items[position].Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(RowStatements.Whole(shape));
        var rows = items.Sum(item => item.Cells.Count);
        for (var cell = 0; cell < shape.CellCount; cell++)
        {
            var column = new string?[rows];
            var row = 0;
            foreach (var item in items)
            {
                foreach (var cells in item.Cells)
                    column[row++] = cells[cell];
            }
            command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        }
        return command;
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var outcomes = new ItemOutcome[items.Count];
        var hasEffects = false;
        RowAnswer[] rows = [];
        for (var position = 0; position < items.Count; position++)
        {
            var size = items[position].Cells.Count;
            rows = rows.Length == size ? rows : new RowAnswer[size];
            for (var row = 0; row < size; row++)
            {
                if (!await reader.ReadAsync(cancellationToken))
                    return SetAnswer.NotExact;
                rows[row] = new RowAnswer(reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0), ReadResult(reader));
                if (rows[row].Result == "again" && (items.Count > 1 || size > 1))
                    return SetAnswer.NotExact;
            }
            outcomes[position] = ToOutcome(position, rows);
            hasEffects |= outcomes[position].Status == ItemStatus.Failed && Array.Exists(rows, row => !IsFailure(row.Result));
        }
        return await reader.ReadAsync(cancellationToken) ? SetAnswer.NotExact : new SetAnswer(outcomes, MustRollBack: hasEffects);
    }

    public override Error Blame(int position, Error error)
    {
        var item = items[position];
        var place = item.Pointers.Count == 1 ? item.Pointers[0] : item.Pointers[0][..item.Pointers[0].LastIndexOf('/')];
        if (error.Code == ErrorCodes.DuplicateInBatch && FirstRepeated(item) is { } repeated)
            place = repeated;
        return ErrorPlace.Locate(error, shape.Entity, place) with { Index = item.Index, Id = item.Id };
    }

    /// <summary>The row of an upsert that names the key of an earlier one; null where only the database sees that they are the same.</summary>
    private string? FirstRepeated(RowItem item)
    {
        var keys = shape.Columns.Index().Where(column => shape.OnConflict?.Columns.Contains(column.Item.Name, StringComparer.Ordinal) == true).ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return item.Cells.Index()
            .Where(row => !seen.Add(JsonSerializer.Serialize([.. keys.Select(key => row.Item[key.Index])], WireJson.Default.StringArray)))
            .Select(row => item.Pointers[row.Index])
            .FirstOrDefault();
    }

    public override WriteSet? Apart()
    {
        if (items is not [{ Cells.Count: > 1 } only])
            return null;
        var rows = only.Cells.Select((cells, row) => new RowItem(only.Index, only.Id, [cells], [only.Pointers[row]]));
        return new RowWriteSet(shape, [.. rows]) { Caller = Caller };
    }

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new RowWriteSet(shape, [.. positions.Select(position => items[position])]) { Caller = Caller };

    // Kept: a division that takes several transactions asks again.
    public override DividedStatement ToDivided() => _divided ??= new DividedStatement(
        RowStatements.Divided(shape), [.. items.Select(item => JsonSerializer.Serialize(item.Cells[0], WireJson.Default.StringArray))]);

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) =>
        ToOutcome(position, [new RowAnswer(row, result ?? "missing")]);

    /// <summary>A create knows its only result: no text is made of it row by row.</summary>
    private string ReadResult(NpgsqlDataReader reader) => shape.Action == RowAction.Create ? Created : reader.GetString(1);

    private ItemOutcome ToOutcome(int position, RowAnswer[] rows)
    {
        foreach (var row in rows)
        {
            if (IsFailure(row.Result))
                return ItemOutcome.Failed(items[position].Index, Blame(position, Refusal(row.Result, items[position])));
        }
        return new ItemOutcome(items[position].Index, ItemStatus.Completed)
        {
            Affected = rows.Count(row => row.Result != "unchanged"),
            Rows = rows is [{ Json: { } only }]
                ? [only]
                : [.. rows.Where(row => row.Json is not null).Select(row => new ReadOnlyMemory<byte>(row.Json))],
            Results = shape.TellResults ? [.. rows.Select(row => row.Result)] : [],
        };
    }

    private static bool IsFailure(string result) => result is "missing" or "stale" or "again";

    /// <summary>A version that is not the current one is, like a key, a part of what says which row is meant; an etag is a condition.</summary>
    private Error Refusal(string result, RowItem item) => result != "missing" && shape.HasEtags && item.Cells.Any(cells => cells[shape.EtagCell] is not null)
        ? new Error(ErrorCodes.PreconditionFailed, "The row changed since it was read.")
        : new Error(ErrorCodes.NotModified, "No records were modified");

    private readonly record struct RowAnswer(byte[]? Json, string Result);
}
