using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Frames;

/// <summary>An answer about the atlas.</summary>
internal sealed record AtlasReply(int Status, JsonNode Body, HttpResponseMessage Response)
{
    public JsonArray Nodes => Body["nodes"]!.AsArray();

    public JsonArray Edges => Body["edges"]!.AsArray();

    public string? NextCursor => (string?)Body["next_cursor"];

    public static Task<AtlasReply> GetAsync(HttpClient client, string query = "") => SendAsync(client, HttpMethod.Get, $"/atlas{query}");

    public static Task<AtlasReply> RebuildAsync(HttpClient client, string query = "", string? key = null) =>
        SendAsync(client, HttpMethod.Post, $"/atlas/rebuild{query}", key);

    private static async Task<AtlasReply> SendAsync(HttpClient client, HttpMethod method, string path, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        var response = await client.SendAsync(request);
        return new AtlasReply((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response);
    }
}
