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
    public static readonly IReadOnlyList<EntityAction> AllActions = Enum.GetValues<EntityAction>();

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

    private static string ScopeOf(EntityAction action) => action switch
    {
        EntityAction.Create or EntityAction.Update or EntityAction.Upsert => "batch:write",
        EntityAction.Delete => "batch:delete",
        _ => "batch:read",
    };
}
