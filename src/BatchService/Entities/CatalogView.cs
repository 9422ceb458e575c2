using System.Diagnostics.CodeAnalysis;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>
/// The catalog as one caller may use it: entities with the columns and rows that its roles grant, relations only to what it may read.
/// Whoever parses or compiles asks here and needs no other check. Without limits it hands out the catalog's own entities.
/// </summary>
internal sealed class CatalogView(Catalog catalog, Caller caller)
{
    private readonly Dictionary<(string Name, EntityAction Action), Entity> _views = [];

    /// <summary>PERMISSION_DENIED, or null when the caller may do that to the entity, whether or not it exists.</summary>
    public Error? Refusal(string entity, EntityAction action)
    {
        if (EntityAccess.Refusal(caller, entity, action) is { } refusal)
            return refusal;
        if (catalog.Rules.Find(entity) is { } permissions && permissions.For(caller.Roles, action).Count == 0)
            return new Error(ErrorCodes.PermissionDenied, $"The caller may not do this: none of its roles may {EntityAccess.NameOf(action)} this entity.");
        if (caller.DatabaseRoleClaim is not null && (caller.DatabaseRole is null || !catalog.DatabaseRoles.Contains(caller.DatabaseRole)))
            return new Error(ErrorCodes.PermissionDenied, "The caller may not do this: the database has no role for it.");
        return null;
    }

    /// <summary>The entity as the caller may use it for an action that is not refused.</summary>
    public bool TryGet(string name, EntityAction action, [NotNullWhen(true)] out Entity? entity)
    {
        if (!catalog.TryGet(name, out entity) || catalog.Rules.Find(name) is not { } permissions)
            return entity is not null;
        if (!_views.TryGetValue((name, action), out var view))
        {
            view = Limit(entity, permissions.For(caller.Roles, action));
            _views.Add((name, action), view);
        }
        entity = view;
        return true;
    }

    /// <summary>A relation whose other end the caller may read, and whose columns it may see at both ends: they would tell each other.</summary>
    public (Relation Relation, Entity Target)? FindRelation(Entity entity, string name) =>
        entity.FindRelation(name) is { } relation
        && Refusal(relation.Target, EntityAction.Read) is null
        && TryGet(relation.Target, EntityAction.Read, out var target)
        && relation.Columns.All(column => entity.FindReadable(column) is not null)
        && relation.TargetColumns.All(column => target.FindReadable(column) is not null)
            ? (relation, target)
            : null;

    private static Entity Limit(Entity entity, IReadOnlyList<EntityGrant> grants)
    {
        IReadOnlyList<Column> columns =
        [
            .. entity.Columns.Select(column => column with
            {
                Readable = grants.Any(grant => grant.CanRead(column)),
                MayWrite = grants.Any(grant => grant.CanWrite(column)),
            }),
        ];
        var filter = RowFilter.AnyOf(grants);
        return entity with
        {
            Columns = columns,
            ReadableColumns = [.. columns.Where(column => column.Readable)],
            RowFilter = filter,
            // A filter is not known to look at its row alone.
            HasTriggers = entity.HasTriggers || filter is not null,
        };
    }
}
