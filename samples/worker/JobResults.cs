using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotebookWorker;

/// <summary>Reads a job's payload and makes the result that the service expects of its type.</summary>
internal static class JobResults
{
    private const int MostClaims = 20;

    /// <summary>The result; whatever it throws is a failure of this job alone.</summary>
    /// <param name="readContentAsync">Fetches the content of an entry, where the payload does not bring it.</param>
    public static async Task<JsonNode> OfAsync(Job job, Func<Guid, Task<string>> readContentAsync) => job.Type switch
    {
        "DISTILL_CLAIMS" => Distil(job.Payload),
        "COMPARE_CLAIMS" => Compare(job.Payload),
        "CLASSIFY_TOPIC" => Classify(await ContentOfAsync(job.Payload, readContentAsync)),
        _ => throw new NotSupportedException($"This worker knows no jobs of type {job.Type}."),
    };

    private static JsonObject Distil(JsonElement payload)
    {
        var max = payload.TryGetProperty("max_claims", out var given) && given.TryGetInt32(out var number) ? number : 12;
        var claims = ClaimExtractor.Extract(payload.GetProperty("content").GetString()!, Math.Clamp(max, 1, MostClaims));
        return new JsonObject
        {
            ["claims"] = new JsonArray([.. claims.Select(claim => new JsonObject { ["text"] = claim.Text, ["confidence"] = claim.Confidence })]),
        };
    }

    private static JsonObject Compare(JsonElement payload)
    {
        var comparison = ClaimComparison.Of(TextsOf(payload, "claims_a"), TextsOf(payload, "claims_b"));
        return new JsonObject
        {
            ["entropy"] = comparison.Entropy,
            ["friction"] = comparison.Friction,
            ["contradictions"] = new JsonArray([.. comparison.Contradictions.Select(pair =>
                new JsonObject { ["claim_a"] = pair.A, ["claim_b"] = pair.B })]),
        };
    }

    private static JsonObject Classify(string text) => new() { ["primary_topic"] = TopicTerms.Of(text) };

    private static async Task<string> ContentOfAsync(JsonElement payload, Func<Guid, Task<string>> readContentAsync) =>
        payload.TryGetProperty("content", out var content)
            ? content.GetString()!
            : await readContentAsync(payload.GetProperty("entry_id").GetGuid());

    private static IReadOnlyList<string> TextsOf(JsonElement payload, string name) =>
        [.. payload.GetProperty(name).EnumerateArray().Select(claim => claim.GetProperty("text").GetString()!)];
}
