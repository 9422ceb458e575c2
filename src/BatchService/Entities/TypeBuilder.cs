namespace BatchService.Entities;

/// <summary>Makes <see cref="ColumnType"/>s of the catalog's types: domains resolved to what they hold, lengths out of type modifiers.</summary>
internal sealed class TypeBuilder(IReadOnlyList<TypeRow> rows, string firstSchema)
{
    private const int NoTypmod = -1;
    private const int HeaderSize = 4;

    /// <summary>PostgreSQL cuts a longer name silently (NAMEDATALEN - 1, in bytes).</summary>
    private const int NameLength = 63;

    private readonly Dictionary<uint, TypeRow> _rows = rows.ToDictionary(row => row.Oid);
    private readonly string[] _prefixes = [$"{firstSchema}.", $"{SqlName.Quote(firstSchema)}.", "pg_catalog."];

    /// <summary>The type of a column, a field or an element.</summary>
    /// <param name="printed">As PostgreSQL prints the type; the first schema is left out of it, as it is of entity names.</param>
    public ColumnType Build(uint oid, int typmod, string printed)
    {
        if (!_rows.TryGetValue(oid, out var outer))
        {
            return new ColumnType(printed, printed, TypeFamily.Other);
        }

        var row = outer;
        var notNull = row.NotNull;
        while (row.Kind == "d" && _rows.TryGetValue(row.BaseType, out var beneath))
        {
            typmod = typmod == NoTypmod ? row.Typmod : typmod;
            row = beneath;
            notNull |= row.NotNull;
        }

        var family = Family(row);
        var type = new ColumnType(
            Bare(printed),
            SqlName.Quote(outer.Schema, outer.Name),
            family,
            MaxLength(row, typmod),
            Labels: row.Labels,
            DomainNotNull: notNull)
        {
            BaseType = row.Name,
            ComparisonSql = SqlName.Quote(row.Schema, row.Name),
            Element = row.Element == 0 ? null : Build(row.Element, typmod),
            Fields = [.. row.FieldNames.Select((name, i) => new CompositeField(name, Build(row.FieldTypes[i], row.FieldTypmods[i])))],
        };
        return family switch
        {
            TypeFamily.Numeric when typmod >= HeaderSize => Measured(type, typmod - HeaderSize),
            TypeFamily.Timestamp or TypeFamily.TimestampTz when typmod >= 0 => type with { Scale = typmod },
            _ => type,
        };
    }

    private ColumnType Build(uint oid, int typmod) =>
        Build(oid, typmod, _rows.TryGetValue(oid, out var row) ? $"{row.Schema}.{row.Name}" : "");

    /// <summary>Precision in the upper half, an 11-bit signed scale below (negative since PostgreSQL 15).</summary>
    private static ColumnType Measured(ColumnType type, int bits) =>
        type with { Precision = (bits >> 16) & 0xFFFF, Scale = ((bits & 0x7FF) ^ 0x400) - 0x400 };

    private string Bare(string printed) =>
        _prefixes.FirstOrDefault(prefix => printed.StartsWith(prefix, StringComparison.Ordinal)) is { } known
            ? printed[known.Length..]
            : printed;

    private static int? MaxLength(TypeRow row, int typmod) => (IsBuiltIn(row) ? row.Name : "") switch
    {
        "varchar" or "bpchar" when typmod >= HeaderSize => typmod - HeaderSize,
        "bit" or "varbit" when typmod > 0 => typmod,
        "name" => NameLength,
        "char" => 1,
        _ => null,
    };

    private static TypeFamily Family(TypeRow row) => row.Kind switch
    {
        "e" => TypeFamily.Enum,
        "c" => TypeFamily.Composite,
        "r" => TypeFamily.Range,
        "m" => TypeFamily.Multirange,
        _ when row.Element != 0 => TypeFamily.Array,
        _ when IsBuiltIn(row) => BuiltIn(row.Name),
        // citext and its like.
        _ when row.Category == "S" => TypeFamily.Text,
        _ => TypeFamily.Other,
    };

    private static bool IsBuiltIn(TypeRow row) => row.Schema == "pg_catalog";

    private static TypeFamily BuiltIn(string name) => name switch
    {
        "int2" => TypeFamily.Int16,
        "int4" => TypeFamily.Int32,
        "int8" => TypeFamily.Int64,
        "numeric" => TypeFamily.Numeric,
        "float4" => TypeFamily.Float32,
        "float8" => TypeFamily.Float64,
        "bool" => TypeFamily.Boolean,
        "text" or "varchar" or "bpchar" or "name" or "char" => TypeFamily.Text,
        "uuid" => TypeFamily.Uuid,
        "date" => TypeFamily.Date,
        "time" => TypeFamily.Time,
        "timetz" => TypeFamily.TimeTz,
        "timestamp" => TypeFamily.Timestamp,
        "timestamptz" => TypeFamily.TimestampTz,
        "interval" => TypeFamily.Interval,
        "json" or "jsonb" => TypeFamily.Json,
        "bytea" => TypeFamily.Bytes,
        "inet" or "cidr" or "macaddr" or "macaddr8" => TypeFamily.Network,
        "bit" or "varbit" => TypeFamily.BitString,
        _ => TypeFamily.Other,
    };
}
