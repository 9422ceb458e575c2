namespace BatchService.Frames;

/// <summary>The fields of a frame, once: what is checked, in which order errors come, and how a frame is kept and shown.</summary>
internal static class FrameFields
{
    public const int MaxText = 10_000;
    public const int MaxItems = 1_000;
    public const int MaxItem = 500;
    public const int MaxObject = 50_000;

    /// <summary>An id is a key and a segment of an address, both of which end well before 10,000 characters.</summary>
    public const int MaxId = 500;

    private static readonly TextRule s_text = new(MaxText);
    private static readonly TextsRule s_texts = new(MaxItems, MaxItem);
    private static readonly TimeRule s_time = new();
    private static readonly NumberRule s_number = new();
    private static readonly CountRule s_count = new();
    private static readonly FlagRule s_flag = new();
    private static readonly ChoiceRule s_tier = new("senior", "mid", "junior");

    private static readonly FrameObjectRule s_status = Nested(
        new("next_action", s_text, Required: true),
        new("blockers", s_texts),
        new("merge_blockers", s_texts),
        new("tests_failing", s_texts));

    private static readonly FrameObjectRule s_attribution = Nested(
        new("mode", new ChoiceRule("explicit", "inferred", "fallback"), Required: true),
        new("confidence", new ChoiceRule("high", "medium", "low"), Required: true),
        new("evidence", s_texts, Required: true));

    private static readonly FrameObjectRule s_spend = Nested(new("prompts", s_count), new("tokens_estimated", s_count));

    private static readonly FrameObjectRule s_costComponents = Nested(
        new("latency", s_number, Required: true),
        new("contextReset", s_number, Required: true),
        new("renegotiation", s_number, Required: true),
        new("tokenBloat", s_number, Required: true),
        new("attentionSwitch", s_number, Required: true));

    private static readonly FrameObjectRule s_turnCost = Nested(
        new("components", s_costComponents, Required: true),
        new("weights", new FrameNumbersRule()),
        new("weightedScore", s_number),
        new("sessionId", s_text),
        new("timestamp", s_time));

    private static readonly FrameObjectRule s_complexity = Nested(
        new("tier", s_tier, Required: true),
        new("assignedModel", s_text),
        new("actualModel", s_text),
        new("escalated", s_flag),
        new("escalationReason", s_text),
        new("retryCount", s_count),
        new("tierMismatch", s_flag));

    private static readonly FrameObjectRule s_contradiction = Nested(
        new("type", new ChoiceRule("supersede", "scope", "keep-both", "cancel"), Required: true),
        new("contradicts_frame_id", s_text, Required: true),
        new("scope", s_text),
        new("note", s_text));

    /// <summary>A whole frame.</summary>
    public static FrameObjectRule Frame { get; } = new(
    [
        new("id", new SegmentRule(MaxId, ".", "..", "stats"), Required: true),
        new("timestamp", s_time, Required: true),
        new("branch", s_text, Required: true),
        new("module_scope", s_texts, Required: true),
        new("summary_caption", s_text, Required: true),
        new("reference_point", s_text, Required: true),
        new("status_snapshot", s_status, Required: true),
        new("jira", s_text),
        new("keywords", s_texts),
        new("atlas_frame_id", s_text),
        new("feature_flags", s_texts),
        new("permissions", s_texts),
        new("image_ids", s_texts),
        new("module_attribution", s_attribution),
        new("runId", s_text),
        new("planHash", s_text),
        new("spend", s_spend),
        new("userId", s_text),
        new("executorRole", s_text),
        new("toolCalls", s_texts),
        new("guardrailProfile", s_text),
        new("turnCost", s_turnCost),
        new("capabilityTier", s_tier),
        new("taskComplexity", s_complexity),
        new("superseded_by", s_text),
        new("merged_from", s_texts),
        new("contradiction_resolution", s_contradiction),
    ]);

    private static FrameObjectRule Nested(params FrameField[] fields) => new(fields, MaxObject);
}
