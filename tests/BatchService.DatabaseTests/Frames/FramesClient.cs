using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Frames;

/// <summary>What a frame endpoint answered.</summary>
internal sealed record FramesReply(int Status, string? MediaType, IReadOnlyDictionary<string, string> Headers, string Text)
{
    public JsonElement Body { get; } = Text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(Text);

    public string? Code => Body.GetProperty("code").GetString();

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The ids of a page, in order.</summary>
    public IReadOnlyList<string?> Ids => [.. Body.GetProperty("frames").EnumerateArray().Select(frame => frame.GetProperty("id").GetString())];

    /// <summary>Fails with the whole body when the status is another one.</summary>
    public FramesReply Expect(int status)
    {
        Assert.True(Status == status, $"Expected {status}, but was {Status}: {Text}");
        return this;
    }
}

/// <summary>Calls the frame endpoints.</summary>
internal static class FramesClient
{
    /// <summary>A valid frame; members of <paramref name="changes"/> replace or add fields.</summary>
    public static JsonObject Frame(string id, params (string Name, JsonNode? Value)[] changes)
    {
        var frame = new JsonObject
        {
            ["id"] = id,
            ["timestamp"] = "2026-01-31T10:00:00Z",
            ["branch"] = "main",
            ["module_scope"] = new JsonArray("core"),
            ["summary_caption"] = "Done",
            ["reference_point"] = "done",
            ["status_snapshot"] = new JsonObject { ["next_action"] = "Review" },
        };
        foreach (var (name, value) in changes)
            frame[name] = value;
        return frame;
    }

    public static Task<FramesReply> PostFramesAsync(
        this HttpClient client, IEnumerable<JsonNode?> frames, string? options = null, params (string Name, string Value)[] headers)
    {
        var body = new JsonObject { ["frames"] = new JsonArray([.. frames]) };
        if (options is not null)
            body["options"] = JsonNode.Parse(options);
        return client.CallAsync(HttpMethod.Post, "/frames/batch", body.ToJsonString(), headers);
    }

    public static Task<FramesReply> GetFramesAsync(this HttpClient client, string path) => client.CallAsync(HttpMethod.Get, path);

    public static async Task<FramesReply> CallAsync(
        this HttpClient client, HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await client.SendAsync(request);
        return new FramesReply(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync());
    }
}
