using System.Text.RegularExpressions;

namespace BatchService.Entities;

/// <summary>What one role may do with an entity: some actions, on some columns, of some rows.</summary>
/// <param name="Readable">Null: every column.</param>
/// <param name="Writable">Null: every column.</param>
/// <param name="RowFilter">SQL over the entity's own columns, with claims in place; null: every row.</param>
internal sealed record EntityGrant(IReadOnlySet<EntityAction> Actions, Regex? Readable, Regex? Writable, string? RowFilter)
{
    public bool CanRead(Column column) => Readable?.IsMatch(column.Name) ?? true;

    public bool CanWrite(Column column) => Writable?.IsMatch(column.Name) ?? true;
}

/// <summary>The grants of one entity by role; <c>*</c> is every caller's. What no role of the caller is granted is refused.</summary>
internal sealed record EntityPermissions(IReadOnlyDictionary<string, EntityGrant> Roles)
{
    public const string Everyone = "*";

    /// <summary>
    /// The grants that count for a caller and an action: a role's columns and rows go with the actions that it lists, so that two
    /// roles together never allow what neither of them does alone.
    /// </summary>
    public IReadOnlyList<EntityGrant> For(IReadOnlySet<string> roles, EntityAction action) =>
        [.. Roles.Where(role => (role.Key == Everyone || roles.Contains(role.Key)) && role.Value.Actions.Contains(action)).Select(role => role.Value)];
}

/// <summary>The configured permissions by entity. Names are compared without case: a slip of the pen must close an entity, not open it.</summary>
internal sealed class EntityRules(IReadOnlyDictionary<string, EntityPermissions> permissions)
{
    public static readonly EntityRules None = new(new Dictionary<string, EntityPermissions>());

    private readonly Dictionary<string, EntityPermissions> _permissions = new(permissions, StringComparer.OrdinalIgnoreCase);

    /// <summary>The entities that have permissions.</summary>
    public IReadOnlyCollection<string> Entities => _permissions.Keys;

    /// <summary>Null: the entity is open to whoever has the scope.</summary>
    public EntityPermissions? Find(string entity) => _permissions.GetValueOrDefault(entity);

    /// <summary>Every role with a row filter, for checking that the database takes it.</summary>
    public IEnumerable<(string Entity, string Role, string Filter)> RowFilters =>
        from entity in _permissions
        from role in entity.Value.Roles
        where role.Value.RowFilter is not null
        select (entity.Key, role.Key, role.Value.RowFilter);

    /// <summary>The same without some grants; an entity that has none left is closed, not open.</summary>
    public EntityRules Without(IReadOnlySet<(string Entity, string Role)> refused) => refused.Count == 0
        ? this
        : new EntityRules(_permissions.ToDictionary(
            entity => entity.Key,
            entity => new EntityPermissions(entity.Value.Roles
                .Where(role => !refused.Contains((entity.Key, role.Key)))
                .ToDictionary(StringComparer.Ordinal)),
            StringComparer.Ordinal));
}
