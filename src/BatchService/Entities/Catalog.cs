using System.Diagnostics.CodeAnalysis;

namespace BatchService.Entities;

/// <summary>The tables, partitioned tables and updatable views of the configured schemas at one moment; immutable, shared by all requests.</summary>
internal sealed class Catalog(IReadOnlyDictionary<string, Entity> entities, DateTimeOffset readAt)
{
    /// <summary>By name; a table outside the first configured schema is named <c>schema.table</c>.</summary>
    public IReadOnlyDictionary<string, Entity> Entities { get; } = entities;

    public DateTimeOffset ReadAt { get; } = readAt;

    /// <summary>The configured permissions that the database can keep; the others are closed.</summary>
    public EntityRules Rules { get; init; } = EntityRules.None;

    /// <summary>The roles that the service's connection may take.</summary>
    public IReadOnlySet<string> DatabaseRoles { get; init; } = new HashSet<string>();

    public bool TryGet(string name, [NotNullWhen(true)] out Entity? entity) => Entities.TryGetValue(name, out entity);
}
