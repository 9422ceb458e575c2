using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>The checked rows of one item: one, or, for an operation over an array, several.</summary>
internal sealed record RowsOfItem(int Index, string? Id, IReadOnlyList<ParsedRow> Rows) : IBatchItem;

/// <summary>What is done with rows, and how it is told.</summary>
internal sealed record RowTask(Entity Entity, RowAction Action, OnConflict? OnConflict, bool Representation, Caller Caller);

/// <summary>
/// Arranges rows into as few statements as keep the meaning of doing one after the other: a row that names the same key as an earlier one
/// starts a new set, and so does a row that an earlier one refers to, one that changes a unique key after another did, and, for upserts,
/// a row with other columns.
/// </summary>
internal static class RowSets
{
    public static IReadOnlyList<RowWriteSet> Arrange(RowTask task, IReadOnlyList<RowsOfItem> items)
    {
        var sets = new List<RowWriteSet>();
        var run = new List<RowsOfItem>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var keyOrdinals = KeyOrdinals(task);
        var references = new SelfReferences(task);
        var uniques = UniqueOrdinals(task);
        foreach (var item in items)
        {
            var repeated = keyOrdinals.Count > 0 && item.Rows.Any(row => row.KeyOf(keyOrdinals) is { } key && !keys.Add(key));
            var moves = ChangesKey(item, uniques) && run.Exists(earlier => ChangesKey(earlier, uniques));
            if (run.Count > 0 && (repeated || moves || references.IsNeeded(item) || item.Rows.Count != 1 || run[^1].Rows.Count != 1 || DiffersInShape(task, keyOrdinals, run[^1], item)))
            {
                sets.Add(ToSet(task, keyOrdinals, run));
                run = [];
                keys.Clear();
                references.Clear();
                foreach (var row in item.Rows)
                    _ = row.KeyOf(keyOrdinals) is { } key && keyOrdinals.Count > 0 && keys.Add(key);
            }
            run.Add(item);
            references.Add(item);
        }
        if (run.Count > 0)
            sets.Add(ToSet(task, keyOrdinals, run));
        return sets;
    }

    /// <summary>The columns by which two rows of a set may not be equal; none for creates, where the database decides.</summary>
    private static List<int> KeyOrdinals(RowTask task) => task.Action switch
    {
        RowAction.Create => [],
        RowAction.Upsert => [.. task.OnConflict!.Columns.Select(task.Entity.OrdinalOf)],
        _ => [.. task.Entity.PrimaryKey.Select(task.Entity.OrdinalOf)],
    };

    /// <summary>Of an update: the columns of unique keys that it may write. In one statement PostgreSQL would check them in an order of its own.</summary>
    private static List<int> UniqueOrdinals(RowTask task) => task.Action != RowAction.Update
        ? []
        : [.. task.Entity.UniqueKeys
            .SelectMany(key => key.Columns)
            .Except(task.Entity.PrimaryKey, StringComparer.Ordinal)
            .Select(task.Entity.OrdinalOf)];

    private static bool ChangesKey(RowsOfItem item, List<int> uniques) =>
        uniques.Count > 0 && item.Rows.Any(row => uniques.Exists(ordinal => row.Given[ordinal]));

    private static bool DiffersInShape(RowTask task, List<int> keys, RowsOfItem one, RowsOfItem other) =>
        task.Action == RowAction.Upsert
        && (!one.Rows[0].Given.AsSpan().SequenceEqual(other.Rows[0].Given) || HasKey(one.Rows[0], keys) != HasKey(other.Rows[0], keys));

    private static bool HasKey(ParsedRow row, List<int> keys) => keys.TrueForAll(ordinal => row.Texts[ordinal] is not null);

    private static RowWriteSet ToSet(RowTask task, List<int> keys, List<RowsOfItem> items)
    {
        var rows = items.SelectMany(item => item.Rows).ToList();
        var ordinals = Enumerable.Range(0, task.Entity.Columns.Count).Where(ordinal => rows.Exists(row => row.Given[ordinal])).ToList();
        // An upsert without its key cannot meet an existing row.
        var action = task.Action == RowAction.Upsert && !rows.TrueForAll(row => HasKey(row, keys)) ? RowAction.Create : task.Action;
        var shape = new RowShape(
            task.Entity,
            action,
            [.. ordinals.Select(ordinal => task.Entity.Columns[ordinal])],
            [.. ordinals.Select(ordinal => NeedsGivenCell(task, action, ordinal) && !rows.TrueForAll(row => row.Given[ordinal]))],
            task.OnConflict,
            HasEtags: rows.Exists(row => row.Etag is not null),
            TellResults: task.Action == RowAction.Upsert,
            task.Representation);
        return new RowWriteSet(shape, [.. items.Select(item => ToItem(shape, ordinals, item))]) { Caller = task.Caller };
    }

    /// <summary>Nearly always of one row, and then without a detour over enumerations: this is the hot path.</summary>
    private static RowItem ToItem(RowShape shape, List<int> ordinals, RowsOfItem item) => item.Rows is [var only]
        ? new RowItem(item.Index, item.Id, [ToCells(shape, ordinals, only)], [only.Pointer])
        : new RowItem(
            item.Index, item.Id, [.. item.Rows.Select(row => ToCells(shape, ordinals, row))], [.. item.Rows.Select(row => row.Pointer)]);

    /// <summary>In an insert a missing column without default is simply null.</summary>
    private static bool NeedsGivenCell(RowTask task, RowAction action, int ordinal) =>
        action is RowAction.Update or RowAction.Upsert || task.Entity.Columns[ordinal].Default is not null;

    private static string?[] ToCells(RowShape shape, List<int> ordinals, ParsedRow row)
    {
        var cells = new string?[shape.CellCount];
        for (var column = 0; column < ordinals.Count; column++)
        {
            cells[column] = row.Texts[ordinals[column]];
            if (shape.Partial[column])
                cells[shape.GivenCell(column)] = row.Given[ordinals[column]] ? "t" : "f";
        }
        if (shape.HasEtags)
            cells[shape.EtagCell] = row.Etag;
        return cells;
    }
}
