namespace BatchService.Notebooks;

/// <summary>What a caller may do in a notebook; each tier includes those before it.</summary>
internal enum AccessTier
{
    Read,

    /// <summary>Write entries, claims and jobs; work on the queue.</summary>
    ReadWrite,

    /// <summary>Rename and share.</summary>
    Admin,

    /// <summary>Delete.</summary>
    Owner,
}

/// <summary>
/// Who may do what in which notebook, as SQL that goes into the statement itself: what may not be seen is not there (404), and nothing
/// can change between the check and the effect.
/// </summary>
internal static class NotebookAccess
{
    /// <summary>The tiers that a notebook is shared with.</summary>
    public static readonly IReadOnlyList<string> Tiers = ["read", "read_write", "admin"];

    /// <summary>A condition on <c>batch.notebook n</c>.</summary>
    /// <param name="id">Where the statement has the notebook's id.</param>
    /// <param name="subject">Where it has the caller's subject.</param>
    public static string Condition(AccessTier needed, string id = "$1", string subject = "$2") => needed switch
    {
        AccessTier.Read => Shared("'read', 'read_write', 'admin'", id, subject),
        AccessTier.ReadWrite => Shared("'read_write', 'admin'", id, subject),
        AccessTier.Admin => Shared("'admin'", id, subject),
        _ => $"n.id = {id} AND n.owner = {subject}",
    };

    /// <summary>Selects the notebook's position if the caller has access, no row otherwise; $1 = its id and $2 = the caller's subject.</summary>
    public static string Select(AccessTier needed) => $"SELECT n.current_sequence FROM batch.notebook n WHERE {Condition(needed)}";

    private static string Shared(string tiers, string id, string subject) => $"""
        n.id = {id} AND (n.owner = {subject} OR EXISTS (
            SELECT FROM batch.notebook_share s WHERE s.notebook_id = n.id AND s.subject = {subject} AND s.tier IN ({tiers})))
        """;
}
