namespace BatchService.Entities;

/// <summary>What is done with a row.</summary>
internal enum RowAction
{
    Create,
    Upsert,
    Update,
    Delete,
}

/// <summary>What an upsert does with a row that exists.</summary>
internal enum ConflictAction
{
    Merge,
    Ignore,
}

/// <summary>How an upsert tells that a row exists: the columns of a unique key, and what to do then.</summary>
internal sealed record OnConflict(IReadOnlyList<string> Columns, ConflictAction Action);

/// <summary>
/// What rows that go into one statement have in common. <paramref name="Columns"/> are those that any of the rows gives; where
/// <paramref name="Partial"/> is true some rows leave the column out, and a cell of its own says for each row whether it is given.
/// </summary>
/// <param name="TellResults">The client is told for each row whether it was created, updated or unchanged.</param>
/// <param name="HasEtags">Rows carry <c>$etag</c>, the content hash that the row must still have.</param>
internal sealed record RowShape(
    Entity Entity,
    RowAction Action,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<bool> Partial,
    OnConflict? OnConflict,
    bool HasEtags,
    bool TellResults,
    bool Representation)
{
    /// <summary>How many cells a row has: one a column, one more for each partial column, one for the etag; never none.</summary>
    public int CellCount => Math.Max(1, Columns.Count + Partial.Count(partial => partial) + (HasEtags ? 1 : 0));

    /// <summary>The position of the cell that says whether the column is given ("t"), or -1 when it always is.</summary>
    public int GivenCell(int column) => Partial[column] ? Columns.Count + Partial.Take(column).Count(partial => partial) : -1;

    public int EtagCell => CellCount - 1;
}
