namespace BatchService.Entities;

/// <summary>Makes the <see cref="Catalog"/> of what was read; pure, so that names and keys depend on nothing but the rows.</summary>
internal static class CatalogBuilder
{
    private const int CanUpdate = 4;
    private const int CanInsert = 8;
    private const int CanDelete = 16;

    /// <summary>The whole catalog.</summary>
    /// <param name="complaints">What the configuration asks for and the database cannot give, for the log.</param>
    public static Catalog Build(CatalogRows rows, EntitiesOptions options, DateTimeOffset readAt, out IReadOnlyList<string> complaints)
    {
        var found = new List<string>();
        var first = options.Schemas[0];
        var names = Names(rows.Entities, options.Schemas, found);
        var types = new TypeBuilder(rows.Types, first);
        var columns = rows.Columns.ToLookup(column => column.Entity, column => (column.Name, Value: ColumnOf(column, types)));
        var constraints = rows.Constraints.ToLookup(constraint => constraint.Entity);
        var indexes = rows.Indexes.ToLookup(index => index.Entity);
        var ends = Ends(rows, names);

        var entities = new Dictionary<string, Entity>(StringComparer.Ordinal);
        foreach (var row in rows.Entities)
        {
            if (names.TryGetValue(row.Oid, out var name))
            {
                var entity = EntityOf(
                    row, name, [.. columns[row.Oid].Select(column => column.Value)], [.. constraints[row.Oid]], [.. indexes[row.Oid]],
                    [.. ends[row.Oid]]);
                entities.Add(name, Versioned(entity, options, found));
            }
        }

        found.AddRange(options.ConcurrencyColumns.Keys
            .Where(name => !entities.ContainsKey(name))
            .Select(name => $"settings name the entity '{name}', which does not exist (yet)."));
        found.AddRange(options.Rules.Entities
            .Where(name => !entities.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(name => $"permissions name the entity '{name}', which does not exist (yet)."));
        complaints = found;
        return new Catalog(entities, readAt) { Rules = options.Rules, DatabaseRoles = rows.Roles.ToHashSet(StringComparer.Ordinal) };
    }

    /// <summary>Wire names by oid. Where a dot in a table's name makes two equal, the earlier schema wins.</summary>
    private static Dictionary<uint, string> Names(IReadOnlyList<EntityRow> rows, IReadOnlyList<string> schemas, List<string> complaints)
    {
        var places = schemas.Index().ToDictionary(schema => schema.Item, schema => schema.Index, StringComparer.Ordinal);
        var names = new Dictionary<uint, string>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows.OrderBy(row => places[row.Schema]).ThenBy(row => row.Table, StringComparer.Ordinal))
        {
            var name = places[row.Schema] == 0 ? row.Table : $"{row.Schema}.{row.Table}";
            if (used.Add(name))
            {
                names.Add(row.Oid, name);
            }
            else
            {
                complaints.Add($"two tables would be the entity '{name}'; the one of schema '{row.Schema}' is left out.");
            }
        }

        return names;
    }

    private static Column ColumnOf(ColumnRow row, TypeBuilder types)
    {
        var type = types.Build(row.Type, row.Typmod, row.TypeName);
        var generation = row switch
        {
            { Stored: true } => ColumnGeneration.Stored,
            { Identity: "a" } => ColumnGeneration.IdentityAlways,
            { Identity: "d" } => ColumnGeneration.IdentityByDefault,
            _ => ColumnGeneration.None,
        };
        return new Column(row.Name, SqlName.Quote(row.Name), type, !row.NotNull && !type.DomainNotNull, row.Default, generation)
        {
            Description = row.Description,
        };
    }

    /// <summary>Both ends of every foreign key between two entities; one to another table is checked by the database alone.</summary>
    private static ILookup<uint, RelationEnd> Ends(CatalogRows rows, Dictionary<uint, string> names)
    {
        var tables = rows.Entities.ToDictionary(row => row.Oid, row => row.Table);
        return rows.Constraints
            .Where(key => key is { Kind: "f", Own: true } && names.ContainsKey(key.Entity) && names.ContainsKey(key.Target))
            .SelectMany(key =>
            {
                var one = new RelationEnd(
                    names[key.Target], tables[key.Target], false, key.Name, key.Columns, key.Columns, key.TargetColumns);
                var many = one with
                {
                    Target = names[key.Entity],
                    FarTable = tables[key.Entity],
                    IsList = true,
                    Columns = key.TargetColumns,
                    TargetColumns = key.Columns,
                };
                return new[] { (Owner: key.Target, End: many), (Owner: key.Entity, End: one) };
            })
            .ToLookup(pair => pair.Owner, pair => pair.End);
    }

    private static Entity EntityOf(
        EntityRow row,
        string name,
        IReadOnlyList<Column> columns,
        IReadOnlyList<ConstraintRow> constraints,
        IReadOnlyList<IndexRow> indexes,
        IReadOnlyList<RelationEnd> ends) => new(
            name,
            row.Schema,
            row.Table,
            SqlName.Quote(row.Schema, row.Table),
            row.Kind switch { "v" => EntityKind.View, "p" => EntityKind.PartitionedTable, _ => EntityKind.Table },
            columns,
            indexes.FirstOrDefault(index => index.IsPrimary)?.Columns ?? [],
            [.. indexes.Where(index => index.IsKey)
                .Select(index => new UniqueKey(index.Name, index.Columns, index.NullsNotDistinct, index.Deferrable))],
            RelationNames.Assign(ends, columns.Select(column => column.Name)),
            Culprits(constraints, indexes),
            row.HasTriggers,
            (row.Events & CanInsert) != 0,
            (row.Events & CanUpdate) != 0,
            (row.Events & CanDelete) != 0)
        {
            Description = row.Description,
        };

    /// <summary>Columns by the name that an error carries. The table's own constraints come before its partitions' and win.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Culprits(
        IReadOnlyList<ConstraintRow> constraints, IReadOnlyList<IndexRow> indexes)
    {
        var culprits = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var index in indexes)
        {
            culprits.TryAdd(index.Name, [.. index.Columns.Union(index.ExpressionColumns, StringComparer.Ordinal)]);
        }

        foreach (var constraint in constraints)
        {
            culprits.TryAdd(constraint.Name, constraint.Columns);
        }

        return culprits;
    }

    /// <summary>A version that cannot be kept must not look kept: without its configured column an entity can only be read.</summary>
    private static Entity Versioned(Entity entity, EntitiesOptions options, List<string> complaints)
    {
        if (!options.ConcurrencyColumns.TryGetValue(entity.Name, out var name))
        {
            return entity;
        }

        if (entity.FindColumn(name) is { Writable: true } column && CanCount(column.Type.Family))
        {
            return entity with { ConcurrencyColumn = name };
        }

        complaints.Add($"'{entity.Name}' is read-only: its ConcurrencyColumn is no writable column of an integer, timestamp or uuid type.");
        return entity with { Insertable = false, Updatable = false, Deletable = false };
    }

    private static bool CanCount(TypeFamily family) => family is TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64
        or TypeFamily.Timestamp or TypeFamily.TimestampTz or TypeFamily.Uuid;
}
