namespace BatchService.Entities;

/// <summary>pg_catalog as it was read at one moment, before anything is made of it.</summary>
internal sealed record CatalogRows(
    IReadOnlyList<EntityRow> Entities,
    IReadOnlyList<ColumnRow> Columns,
    IReadOnlyList<TypeRow> Types,
    IReadOnlyList<ConstraintRow> Constraints,
    IReadOnlyList<IndexRow> Indexes,
    IReadOnlyList<string> Roles);

/// <summary>One table or view.</summary>
/// <param name="Events">Bits of pg_relation_is_updatable: 4 update, 8 insert, 16 delete.</param>
internal sealed record EntityRow(uint Oid, string Kind, string Schema, string Table, string? Description, int Events, bool HasTriggers);

/// <summary>One column that is not dropped.</summary>
/// <param name="TypeName">As PostgreSQL prints it, with its schema unless it is PostgreSQL's own.</param>
/// <param name="Identity">Empty, <c>a</c> (always) or <c>d</c> (by default).</param>
/// <param name="Stored">Generated, or a column of a view that cannot be written.</param>
internal sealed record ColumnRow(
    uint Entity,
    string Name,
    uint Type,
    int Typmod,
    string TypeName,
    bool NotNull,
    string? Default,
    string Identity,
    bool Stored,
    string? Description);

/// <summary>One type that a column uses, directly or beneath another.</summary>
/// <param name="Kind"><c>b</c> base, <c>c</c> composite, <c>d</c> domain, <c>e</c> enum, <c>r</c> range, <c>m</c> multirange.</param>
/// <param name="Element">Of an array, a range or a multirange (its bounds' type); 0 otherwise.</param>
internal sealed record TypeRow(
    uint Oid,
    string Schema,
    string Name,
    string Kind,
    string Category,
    bool NotNull,
    uint BaseType,
    int Typmod,
    uint Element,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> FieldNames,
    IReadOnlyList<uint> FieldTypes,
    IReadOnlyList<int> FieldTypmods);

/// <summary>One constraint of a table or of one of its partitions.</summary>
/// <param name="Own">Of the table itself and not copied to or from partitions.</param>
/// <param name="Target">The referenced table of a foreign key; 0 otherwise.</param>
internal sealed record ConstraintRow(
    uint Entity,
    string Name,
    string Kind,
    bool Own,
    uint Target,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> TargetColumns);

/// <summary>One unique or exclusion index of a table or of one of its partitions.</summary>
/// <param name="IsKey">Of the table itself, valid, over plain columns and all rows.</param>
/// <param name="ExpressionColumns">What its expressions use; empty where it has none.</param>
internal sealed record IndexRow(
    uint Entity,
    string Name,
    bool IsKey,
    bool IsPrimary,
    bool NullsNotDistinct,
    bool Deferrable,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> ExpressionColumns);
