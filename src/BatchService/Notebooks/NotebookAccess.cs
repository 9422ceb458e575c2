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

    /// <summary>A condition on <c>batch.notebook n</c>, with $1 = the notebook's id and $2 = the caller's subject.</summary>
    public static string Condition(AccessTier needed) => needed switch
    {
        AccessTier.Read => Shared("'read', 'read_write', 'admin'"),
        AccessTier.ReadWrite => Shared("'read_write', 'admin'"),
        AccessTier.Admin => Shared("'admin'"),
        _ => "n.id = $1 AND n.owner = $2",
    };

    /// <summary>Selects the notebook's position if the caller has access, no row otherwise; same parameters.</summary>
    public static string Select(AccessTier needed) => $"SELECT n.current_sequence FROM batch.notebook n WHERE {Condition(needed)}";

    private static string Shared(string tiers) => $"""
        n.id = $1 AND (n.owner = $2 OR EXISTS (
            SELECT FROM batch.notebook_share s WHERE s.notebook_id = n.id AND s.subject = $2 AND s.tier IN ({tiers})))
        """;
}
