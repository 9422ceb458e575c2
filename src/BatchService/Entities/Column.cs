namespace BatchService.Entities;

/// <summary>How a column gets a value of its own.</summary>
internal enum ColumnGeneration
{
    None,
    IdentityByDefault,
    IdentityAlways,
    Stored,
}

/// <summary>One column of an entity.</summary>
/// <param name="Sql">The quoted name.</param>
/// <param name="Default">The default as an SQL expression of the catalog, or null. For identity columns a <c>nextval</c> call.</param>
internal sealed record Column(
    string Name,
    string Sql,
    ColumnType Type,
    bool Nullable,
    string? Default,
    ColumnGeneration Generation)
{
    /// <summary>False for what only the database may fill: <c>GENERATED ALWAYS</c> as identity or stored.</summary>
    public bool Writable => Generation is ColumnGeneration.None or ColumnGeneration.IdentityByDefault;

    /// <summary>False where the caller may not see it: neither its values nor, unless it may be written, its name.</summary>
    public bool Readable { get; init; } = true;

    /// <summary>False where the caller may not give it a value.</summary>
    public bool MayWrite { get; init; } = true;

    /// <summary>True when a row may leave the column out.</summary>
    public bool Optional => Nullable || Default is not null || Generation != ColumnGeneration.None;

    public string? Description { get; init; }
}
