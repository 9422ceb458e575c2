using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>What a caller may be allowed to do with an entity.</summary>
internal enum EntityAction
{
    Read,
    Write,
    Delete,
}

/// <summary>The question that every entry point asks before it touches an entity: may this caller do this to that entity?</summary>
internal static class EntityAccess
{
    /// <summary>PERMISSION_DENIED, or null when the caller may.</summary>
    public static Error? Refusal(Caller caller, string entity, EntityAction action)
    {
        var scope = action switch
        {
            EntityAction.Write => "batch:write",
            EntityAction.Delete => "batch:delete",
            _ => "batch:read",
        };
        return caller.Refusal(scope, entity);
    }
}
