namespace BatchService.Entities;

/// <summary>
/// Tells where the rows of one statement must end because rows of the entity refer to each other: PostgreSQL checks a statement's
/// references at its end, so that a row could name one that comes after it, which sent alone it could not.
/// </summary>
internal sealed class SelfReferences(RowTask task)
{
    private readonly List<(List<int> From, List<int> To, HashSet<string> Wanted)> _keys =
    [
        .. task.Entity.Relations
            .Where(relation => !relation.IsList && relation.Target == task.Entity.Name)
            .Select(relation => (Ordinals(task, relation.Columns), Ordinals(task, relation.TargetColumns), new HashSet<string>(StringComparer.Ordinal))),
    ];

    /// <summary>True when a row before it refers to it, or may do so where the request cannot tell.</summary>
    public bool IsNeeded(RowsOfItem item) => _keys.Count > 0
        && (task.Action == RowAction.Delete
            || _keys.Exists(key => item.Rows.Any(row => row.KeyOf(key.To) is { } own && key.Wanted.Contains(own))));

    /// <summary>Remembers what the item's rows refer to.</summary>
    public void Add(RowsOfItem item)
    {
        foreach (var (from, _, wanted) in _keys)
            wanted.UnionWith(item.Rows.Select(row => row.KeyOf(from)).OfType<string>());
    }

    public void Clear() => _keys.ForEach(key => key.Wanted.Clear());

    private static List<int> Ordinals(RowTask task, IReadOnlyList<string> columns) => [.. columns.Select(task.Entity.OrdinalOf)];
}
