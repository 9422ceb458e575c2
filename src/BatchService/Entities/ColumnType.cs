namespace BatchService.Entities;

/// <summary>The families of PostgreSQL types that the checks tell apart.</summary>
internal enum TypeFamily
{
    Int16,
    Int32,
    Int64,
    Numeric,
    Float32,
    Float64,
    Boolean,
    Text,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Bytes,
    Enum,
    Array,
    Range,
    Multirange,
    Composite,
    Network,
    BitString,

    /// <summary>Anything else: its text is left to the database to judge.</summary>
    Other,
}

/// <summary>A column's type: enough to check a value before the database sees it, and to cast its text once there.</summary>
/// <param name="Name">As PostgreSQL prints it, for people: <c>character varying(40)</c>, <c>numeric(10,2)</c>.</param>
/// <param name="CastSql">The quoted, schema-qualified type without length or precision (an explicit cast to varchar(n) would cut silently).</param>
/// <param name="Family">That of the base type where the type is a domain.</param>
/// <param name="MaxLength">Characters of varchar(n) and char(n), bits of bit(n) and varbit(n); null = no limit.</param>
/// <param name="Precision">Of numeric(p,s); null = any.</param>
/// <param name="Scale">Digits after the point, of numeric(p,s), timestamp(s) and timestamptz(s); null = any.</param>
/// <param name="Labels">Of an enum; empty otherwise.</param>
/// <param name="Element">Of an array, a range or a multirange; null otherwise.</param>
/// <param name="DomainNotNull">A domain with NOT NULL.</param>
internal sealed record ColumnType(
    string Name,
    string CastSql,
    TypeFamily Family,
    int? MaxLength = null,
    int? Precision = null,
    int? Scale = null,
    IReadOnlyList<string>? Labels = null,
    ColumnType? Element = null,
    bool DomainNotNull = false)
{
    /// <summary>The catalog's name of the type beneath all domains (<c>bit</c>, <c>macaddr</c>), for families that hold several.</summary>
    public string BaseType { get; init; } = "";

    /// <summary>The type to cast to for comparing: beneath all domains, whose checks are for values that are stored.</summary>
    public string ComparisonSql { get; init; } = CastSql;

    /// <summary>Of a composite type, in order; empty otherwise.</summary>
    public IReadOnlyList<CompositeField> Fields { get; init; } = [];
}

/// <summary>One attribute of a composite type.</summary>
internal sealed record CompositeField(string Name, ColumnType Type);
