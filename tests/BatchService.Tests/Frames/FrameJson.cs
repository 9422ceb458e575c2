using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.Tests.Frames;

/// <summary>Frames for tests: a valid one, and that with one field changed.</summary>
internal static class FrameJson
{
    public const string Minimal = """
        {
          "id": "f-1", "timestamp": "2026-01-31T10:00:00Z", "branch": "main", "module_scope": ["core"],
          "summary_caption": "Done", "reference_point": "done", "status_snapshot": { "next_action": "Review" }
        }
        """;

    /// <summary>Every field that there is.</summary>
    public const string Full = """
        {
          "id": "f-1", "timestamp": "2026-01-31T10:00:00Z", "branch": "main", "module_scope": ["core"],
          "summary_caption": "Done", "reference_point": "done",
          "status_snapshot": { "next_action": "Review", "blockers": ["b"], "merge_blockers": [], "tests_failing": ["t"] },
          "jira": "L-1", "keywords": ["k"], "atlas_frame_id": "a", "feature_flags": ["f"], "permissions": ["p"], "image_ids": ["i"],
          "module_attribution": { "mode": "explicit", "confidence": "high", "evidence": ["e"] },
          "runId": "r", "planHash": "h", "spend": { "prompts": 3, "tokens_estimated": 1500 },
          "userId": "u", "executorRole": "x", "toolCalls": ["read"], "guardrailProfile": "g",
          "turnCost": {
            "components": { "latency": 1, "contextReset": 2.5, "renegotiation": 0, "tokenBloat": -1, "attentionSwitch": 4 },
            "weights": { "lambda": 0.1 }, "weightedScore": 0.5, "sessionId": "s", "timestamp": "2026-01-31T10:00:00+01:00" },
          "capabilityTier": "mid",
          "taskComplexity": {
            "tier": "senior", "assignedModel": "m", "actualModel": "n", "escalated": true, "escalationReason": "y",
            "retryCount": 0, "tierMismatch": false },
          "superseded_by": "f-2", "merged_from": ["f-0"],
          "contradiction_resolution": { "type": "keep-both", "contradicts_frame_id": "f-3", "scope": "s", "note": "n" }
        }
        """;

    public static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    /// <summary>The full frame with another value at a path like <c>spend.prompts</c> or <c>keywords[0]</c>.</summary>
    /// <param name="value">JSON text; null removes the field.</param>
    public static JsonElement With(string path, string? value)
    {
        var frame = JsonNode.Parse(Full)!;
        var steps = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        var at = steps[..^1].Aggregate(frame, Step);
        if (at is JsonArray list)
            list[int.Parse(steps[^1])] = JsonNode.Parse(value!);
        else if (value is null)
            at.AsObject().Remove(steps[^1]);
        else
            at.AsObject()[steps[^1]] = JsonNode.Parse(value);
        return Parse(frame.ToJsonString());
    }

    private static JsonNode Step(JsonNode node, string step) => node is JsonArray list ? list[int.Parse(step)]! : node[step]!;
}
