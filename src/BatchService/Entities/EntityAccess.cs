using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>What a caller may be allowed to do with an entity; the names on the wire, in lower case, are those of the actions.</summary>
internal enum EntityAction
{
    Create,
    Read,
    Update,
    Delete,
    Upsert,
    Assert,
}

/// <summary>The first of the questions that every entry point asks: has this caller the scope? <see cref="CatalogView"/> asks the others.</summary>
internal static class EntityAccess
{
    private static readonly IReadOnlyList<EntityAction> s_all = Enum.GetValues<EntityAction>();

    /// <summary>The names on the wire.</summary>
    public static IReadOnlyList<string> ActionNames { get; } = [.. s_all.Select(NameOf)];

    /// <summary>PERMISSION_DENIED, or null when the caller has the scope for the action, on everything or on this entity.</summary>
    public static Error? Refusal(Caller caller, string entity, EntityAction action) => caller.Refusal(ScopeOf(action), entity);

    /// <summary>The name on the wire.</summary>
    public static string NameOf(EntityAction action) => action switch
    {
        EntityAction.Create => "create",
        EntityAction.Read => "read",
        EntityAction.Update => "update",
        EntityAction.Delete => "delete",
        EntityAction.Upsert => "upsert",
        _ => "assert",
    };

    /// <summary>The action of that exact name, or null.</summary>
    public static EntityAction? Parse(string? name) => s_all.Where(action => NameOf(action) == name).Select(action => (EntityAction?)action).FirstOrDefault();

    private static string ScopeOf(EntityAction action) => action switch
    {
        EntityAction.Create or EntityAction.Update or EntityAction.Upsert => "batch:write",
        EntityAction.Delete => "batch:delete",
        _ => "batch:read",
    };
}
