namespace BatchService.Entities;

/// <summary>What kind of relation an entity is; decides which system columns and clauses SQL may use on it.</summary>
internal enum EntityKind
{
    Table,
    PartitionedTable,
    View,
}

/// <summary>One table or updatable view as the catalog describes it.</summary>
/// <param name="Name">The name on the wire.</param>
/// <param name="Sql">The quoted, schema-qualified name: the only form that may enter SQL.</param>
/// <param name="PrimaryKey">Column names in key order; empty where there is none.</param>
/// <param name="UniqueKeys">Every unique constraint or full, non-partial unique index over plain columns, the primary key included.</param>
/// <param name="Constraints">Columns covered by each named constraint (unique, foreign key, check, exclusion), for pointing at the culprit.</param>
/// <param name="HasTriggers">User triggers, rules or row security may look or reach beyond the row: statements on it keep their order.</param>
internal sealed record Entity(
    string Name,
    string Schema,
    string Table,
    string Sql,
    EntityKind Kind,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<string> PrimaryKey,
    IReadOnlyList<UniqueKey> UniqueKeys,
    IReadOnlyList<Relation> Relations,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Constraints,
    bool HasTriggers,
    bool Insertable,
    bool Updatable,
    bool Deletable)
{
    private readonly Dictionary<string, int> _ordinals =
        Columns.Select((column, ordinal) => (column.Name, ordinal)).ToDictionary(pair => pair.Name, pair => pair.ordinal, StringComparer.Ordinal);

    private readonly IReadOnlyList<Column>? _readable;

    private readonly Dictionary<string, Relation> _relations = Relations.ToDictionary(relation => relation.Name, StringComparer.Ordinal);

    /// <summary>The column of that exact name, or null. For statements; a name that a client gave is looked up as readable or visible.</summary>
    public Column? FindColumn(string name) => _ordinals.TryGetValue(name, out var ordinal) ? Columns[ordinal] : null;

    /// <summary>The column of that exact name if the caller may see it, or null: for filters, sorting, projections and keys.</summary>
    public Column? FindReadable(string name) => FindColumn(name) is { Readable: true } column ? column : null;

    /// <summary>The column of that exact name if the caller may see or write it, or null: for values.</summary>
    public Column? FindVisible(string name) => FindColumn(name) is { } column && (column.Readable || column.MayWrite) ? column : null;

    /// <summary>The columns that the caller may see.</summary>
    public IReadOnlyList<Column> ReadableColumns
    {
        get => _readable ?? Columns;
        init => _readable = value;
    }

    /// <summary>Some column must not appear in results, hashes and error texts.</summary>
    public bool HidesColumns => _readable is not null && _readable.Count < Columns.Count;

    /// <summary>There is a key by which the caller can name a row, and, where rows have a version, the caller can see it.</summary>
    public bool CanTellRows => PrimaryKey.Count > 0
        && PrimaryKey.All(name => FindReadable(name) is not null)
        && (ConcurrencyColumn is null || FindReadable(ConcurrencyColumn) is not null);

    /// <summary>A condition over the entity's own columns for the rows that the caller may see and leave behind; null: all.</summary>
    public string? RowFilter { get; init; }

    /// <summary>What a statement reads from: the entity, or those of its rows that the caller may see. Writes name <see cref="Sql"/>.</summary>
    public string From => RowFilter is null ? Sql : $"(SELECT * FROM {Sql} WHERE ({RowFilter}))";

    /// <summary>The position of the column of that exact name, or -1.</summary>
    public int OrdinalOf(string name) => _ordinals.GetValueOrDefault(name, -1);

    /// <summary>The relation of that exact name, or null; <see cref="CatalogView"/> says whether the caller may use it.</summary>
    public Relation? FindRelation(string name) => _relations.GetValueOrDefault(name);

    /// <summary>The configured column of optimistic concurrency, or null: then only <c>$etag</c> and <c>if_match</c> guard.</summary>
    public string? ConcurrencyColumn { get; init; }

    /// <summary>The comment on the table, if any.</summary>
    public string? Description { get; init; }
}

/// <summary>A unique constraint or index.</summary>
/// <param name="NullsNotDistinct">Two nulls are equal here.</param>
/// <param name="Deferrable">Such a key cannot decide an upsert: <c>ON CONFLICT</c> refuses it.</param>
internal sealed record UniqueKey(string Name, IReadOnlyList<string> Columns, bool NullsNotDistinct = false, bool Deferrable = false);

/// <summary>A way from one entity to another along a foreign key.</summary>
/// <param name="Name">On the wire: the referenced table (<c>customer</c>), or the referencing table with an s (<c>invoice_lines</c>).</param>
/// <param name="Target">The name of the entity at the other end.</param>
/// <param name="IsList">False towards the referenced row (at most one), true towards the referencing rows.</param>
/// <param name="Columns">This side's columns, paired by position with <paramref name="TargetColumns"/>.</param>
internal sealed record Relation(
    string Name,
    string Target,
    bool IsList,
    string Constraint,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> TargetColumns);
