using System.Text.Json.Serialization;

namespace BatchService.Entities;

/// <summary>All entities, as <c>GET /entities</c> answers.</summary>
internal sealed record EntityList(IReadOnlyList<EntitySummary> Entities)
{
    public static EntityList Of(Catalog catalog) =>
        new([.. catalog.Entities.Values.OrderBy(entity => entity.Name, StringComparer.Ordinal).Select(EntitySummary.Of)]);
}

/// <summary>One entity of the list.</summary>
internal sealed record EntitySummary(
    string Name, string Kind, string Schema, IReadOnlyList<string> Actions, IReadOnlyList<string> PrimaryKey, string? Description)
{
    public static EntitySummary Of(Entity entity) => new(
        entity.Name, EntityDescription.KindName(entity.Kind), entity.Schema, EntityDescription.ActionsOf(entity), entity.PrimaryKey,
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
    public static EntityDescription Of(Entity entity) => new(
        entity.Name,
        KindName(entity.Kind),
        entity.Schema,
        entity.Description,
        ActionsOf(entity),
        [.. entity.Columns.Select(ColumnDescription.Of)],
        entity.PrimaryKey,
        [.. entity.UniqueKeys.Select(key => new UniqueKeyDescription(key.Name, key.Columns))],
        [.. entity.Relations.Select(RelationDescription.Of)],
        entity.ConcurrencyColumn);

    public static string KindName(EntityKind kind) => kind switch
    {
        EntityKind.Table => "table",
        EntityKind.PartitionedTable => "partitioned_table",
        _ => "view",
    };

    /// <summary>What the database can do with it, whoever asks; permissions may take some away.</summary>
    public static IReadOnlyList<string> ActionsOf(Entity entity)
    {
        var canUpsert = entity is { Insertable: true, Updatable: true } && entity.UniqueKeys.Any(key => !key.Deferrable);
        (string Name, bool Allowed)[] actions =
        [
            ("create", entity.Insertable), ("read", true), ("update", entity.Updatable), ("delete", entity.Deletable),
            ("upsert", canUpsert), ("assert", true),
        ];
        return [.. actions.Where(action => action.Allowed).Select(action => action.Name)];
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
        column.Writable,
        !column.Optional,
        column.Type.MaxLength,
        column.Type.Precision,
        column.Type.Scale,
        column.Type.Labels is { Count: > 0 } labels ? labels : null,
        column.Description);

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
