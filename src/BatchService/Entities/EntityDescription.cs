using System.Text.Json.Serialization;

namespace BatchService.Entities;

/// <summary>All entities, as <c>GET /entities</c> answers.</summary>
internal sealed record EntityList(IReadOnlyList<EntitySummary> Entities)
{
    /// <summary>Those that the caller may read.</summary>
    public static EntityList Of(Catalog catalog, CatalogView view) => new([
        .. catalog.Entities.Keys
            .Where(name => view.Refusal(name, EntityAction.Read) is null)
            .Order(StringComparer.Ordinal)
            .Select(name => view.TryGet(name, EntityAction.Read, out var entity) ? EntitySummary.Of(entity, view) : null)
            .OfType<EntitySummary>(),
    ]);
}

/// <summary>One entity of the list.</summary>
internal sealed record EntitySummary(
    string Name, string Kind, string Schema, IReadOnlyList<string> Actions, IReadOnlyList<string> PrimaryKey, string? Description)
{
    public static EntitySummary Of(Entity entity, CatalogView view) => new(
        entity.Name, EntityDescription.KindName(entity.Kind), entity.Schema, EntityDescription.ActionsOf(entity, view),
        EntityDescription.Shown(entity, entity.PrimaryKey) ? entity.PrimaryKey : [],
        entity.Description);
}

/// <summary>One entity in full, as <c>GET /entities/{entity}</c> answers.</summary>
internal sealed record EntityDescription(
    string Name,
    string Kind,
    string Schema,
    string? Description,
    IReadOnlyList<string> Actions,
    IReadOnlyList<ColumnDescription> Columns,
    IReadOnlyList<string> PrimaryKey,
    IReadOnlyList<UniqueKeyDescription> UniqueKeys,
    IReadOnlyList<RelationDescription> Relations,
    string? ConcurrencyColumn)
{
    /// <summary>The entity as the caller may use it: what it may neither see nor write is left out.</summary>
    public static EntityDescription Of(Entity entity, CatalogView view) => new(
        entity.Name,
        KindName(entity.Kind),
        entity.Schema,
        entity.Description,
        ActionsOf(entity, view),
        ColumnsOf(entity, view),
        Shown(entity, entity.PrimaryKey) ? entity.PrimaryKey : [],
        [.. entity.UniqueKeys.Where(key => Shown(entity, key.Columns)).Select(key => new UniqueKeyDescription(key.Name, key.Columns))],
        [.. entity.Relations.Where(relation => view.FindRelation(entity, relation.Name) is not null).Select(RelationDescription.Of)],
        entity.ConcurrencyColumn is { } version && entity.FindReadable(version) is not null ? version : null);

    /// <summary>All of them can be seen.</summary>
    public static bool Shown(Entity entity, IReadOnlyList<string> columns) => columns.All(name => entity.FindReadable(name) is not null);

    private static IReadOnlyList<ColumnDescription> ColumnsOf(Entity entity, CatalogView view)
    {
        EntityAction[] writes = [EntityAction.Create, EntityAction.Update, EntityAction.Upsert];
        var writable = writes
            .Where(action => view.Refusal(entity.Name, action) is null)
            .Select(action => view.TryGet(entity.Name, action, out var written) ? written : entity)
            .ToList();
        return
        [
            .. entity.Columns
                .Select((column, ordinal) => column with { MayWrite = writable.Exists(written => written.Columns[ordinal].MayWrite) })
                .Where(column => column.Readable || column.MayWrite)
                .Select(ColumnDescription.Of),
        ];
    }

    public static string KindName(EntityKind kind) => kind switch
    {
        EntityKind.Table => "table",
        EntityKind.PartitionedTable => "partitioned_table",
        _ => "view",
    };

    /// <summary>What the database can do with it, and the caller may.</summary>
    public static IReadOnlyList<string> ActionsOf(Entity entity, CatalogView view)
    {
        var hasKey = entity.UniqueKeys.Any(key => !key.Deferrable);
        return
        [
            .. Enum.GetValues<EntityAction>()
                .Where(action => entity.Allows(action) && (action != EntityAction.Upsert || hasKey) && view.Refusal(entity.Name, action) is null)
                .Select(EntityAccess.NameOf),
        ];
    }
}

/// <summary>One column: PostgreSQL's type, and the JSON type of its values.</summary>
/// <param name="Generated">Null, <c>identity_by_default</c>, <c>identity_always</c> or <c>stored</c>.</param>
internal sealed record ColumnDescription(
    string Name,
    string Type,
    string JsonType,
    bool Nullable,
    string? Default,
    string? Generated,
    bool Writable,
    bool Required,
    int? MaxLength,
    int? Precision,
    int? Scale,
    IReadOnlyList<string>? Enum,
    string? Description)
{
    /// <summary>False where the caller may write the column and not see it; absent otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Readable { get; init; }

    public static ColumnDescription Of(Column column) => new(
        column.Name,
        column.Type.Name,
        JsonTypeOf(column.Type.Family),
        column.Nullable,
        column.Default,
        column.Generation switch
        {
            ColumnGeneration.IdentityByDefault => "identity_by_default",
            ColumnGeneration.IdentityAlways => "identity_always",
            ColumnGeneration.Stored => "stored",
            _ => null,
        },
        column.Writable && column.MayWrite,
        !column.Optional,
        column.Type.MaxLength,
        column.Type.Precision,
        column.Type.Scale,
        column.Type.Labels is { Count: > 0 } labels ? labels : null,
        column.Description)
    {
        Readable = column.Readable ? null : false,
    };

    private static string JsonTypeOf(TypeFamily family) => family switch
    {
        TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 => "integer",
        TypeFamily.Numeric or TypeFamily.Float32 or TypeFamily.Float64 => "number",
        TypeFamily.Boolean => "boolean",
        TypeFamily.Array => "array",
        TypeFamily.Composite => "object",
        TypeFamily.Json => "any",
        _ => "string",
    };
}

/// <summary>A unique constraint or index that decides an upsert or finds one row.</summary>
internal sealed record UniqueKeyDescription(string Name, IReadOnlyList<string> Columns);

/// <summary>A relation by the name that filters, sorting and embedding use.</summary>
/// <param name="Kind"><c>one</c> or <c>many</c>.</param>
internal sealed record RelationDescription(
    string Name, string Entity, string Kind, string Constraint, IReadOnlyList<string> Columns, IReadOnlyList<string> TargetColumns)
{
    public static RelationDescription Of(Relation relation) => new(
        relation.Name, relation.Target, relation.IsList ? "many" : "one", relation.Constraint, relation.Columns, relation.TargetColumns);
}

/// <summary>What <c>POST /entities/reload</c> found.</summary>
internal sealed record CatalogReloaded(int Entities, DateTimeOffset ReadAt);

/// <summary>The wire form of the descriptions.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EntityList))]
[JsonSerializable(typeof(EntityDescription))]
[JsonSerializable(typeof(CatalogReloaded))]
internal sealed partial class EntityJson : JsonSerializerContext;
