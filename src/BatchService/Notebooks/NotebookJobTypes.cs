namespace BatchService.Notebooks;

/// <summary>The kinds of work that a notebook's queue knows.</summary>
internal static class NotebookJobTypes
{
    public const string DistillClaims = "DISTILL_CLAIMS";
    public const string CompareClaims = "COMPARE_CLAIMS";
    public const string ClassifyTopic = "CLASSIFY_TOPIC";

    public static readonly IReadOnlyList<string> All = [DistillClaims, CompareClaims, ClassifyTopic];
}

/// <summary>The states of a job.</summary>
internal static class JobStatuses
{
    public const string Pending = "pending";
    public const string InProgress = "in_progress";
    public const string Completed = "completed";
    public const string Failed = "failed";

    public static readonly IReadOnlyList<string> All = [Pending, InProgress, Completed, Failed];
}

/// <summary>How far the claims of an entry are.</summary>
internal static class ClaimsStatuses
{
    public const string Pending = "pending";
    public const string Distilled = "distilled";
    public const string Verified = "verified";

    public static readonly IReadOnlyList<string> All = [Pending, Distilled, Verified];
}
