using System.Text;
using System.Text.Json;
using BatchService.DatabaseTests.Identity;

namespace BatchService.DatabaseTests.Operating;

/// <summary>Calls of these tests, and a look at the headers of their answers.</summary>
internal static class OperatingCalls
{
    public const string Create = "/entities/plain/batch";

    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string path, string body, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var isStream = path.Contains('?', StringComparison.Ordinal);
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, isStream ? "application/x-ndjson" : "application/json"),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request);
    }

    /// <summary>The body of a call that creates this many rows of the table <c>plain</c>.</summary>
    public static string Rows(int count, string options = "{}") =>
        $$"""{"action":"create","items":[{{string.Join(',', Enumerable.Range(0, count).Select(index => $$"""{"name":"r{{index}}"}"""))}}],"options":{{options}}}""";

    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync());

    /// <summary>A token of a caller with all scopes of batches.</summary>
    public static string Token(string subject) => TokenText.Of(("sub", subject), ("scope", "batch:read batch:write batch:delete batch:admin jobs:read jobs:write"));
}
