using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Posts row batches and reads what comes back.</summary>
internal static class RowsClient
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string Csv = "text/csv";

    public static readonly object BestEffort = new { atomic = false, continueOnError = true };

    /// <summary>A JSON body; <paramref name="options"/> null leaves them out.</summary>
    public static Task<RowsAnswer> PostRowsAsync(
        this HttpClient client, string entity, string action, IEnumerable<object> items, object? options = null)
    {
        var body = new JsonObject { ["action"] = action, ["items"] = JsonSerializer.SerializeToNode(items) };
        if (options is not null)
        {
            body["options"] = JsonSerializer.SerializeToNode(options);
        }

        return client.PostTextAsync(entity, body.ToJsonString(), Json);
    }

    /// <summary>Any text; <paramref name="target"/> is the entity, with a query string where the body is a stream.</summary>
    public static Task<RowsAnswer> PostTextAsync(
        this HttpClient client, string target, string body, string contentType, params (string Name, string Value)[] headers) =>
        client.PostBytesAsync(target, Encoding.UTF8.GetBytes(body), contentType, headers);

    public static Task<RowsAnswer> PostBytesAsync(
        this HttpClient client, string target, byte[] body, string contentType, params (string Name, string Value)[] headers) =>
        client.PostContentAsync(RouteOf(target), new ByteArrayContent(body), contentType, headers);

    public static async Task<RowsAnswer> PostContentAsync(
        this HttpClient client, string path, HttpContent body, string contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await client.SendAsync(request);
        return await RowsAnswer.ReadAsync(response);
    }

    /// <summary>One JSON value a line.</summary>
    public static string Lines(IEnumerable<object> rows) => string.Concat(rows.Select(row => JsonSerializer.Serialize(row) + "\n"));

    /// <summary>The path of an entity's row batches: <c>item?action=create</c>.</summary>
    public static string RouteOf(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? $"/entities/{target}/batch" : $"/entities/{target[..query]}/batch{target[query..]}";
    }
}

/// <summary>An answer that was read to its end.</summary>
internal sealed record RowsAnswer(HttpStatusCode Status, string? MediaType, HttpResponseHeaders Headers, byte[] Body)
{
    private JsonElement? _root;

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The JSON document, or the summary of an NDJSON answer.</summary>
    public JsonElement Root => _root ??= MediaType == RowsClient.Ndjson
        ? JsonSerializer.Deserialize<JsonElement>(TextLines[^1]).GetProperty("summary")
        : JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>The result objects, of either form of answer.</summary>
    public IReadOnlyList<JsonElement> Results => MediaType == RowsClient.Ndjson
        ? [.. TextLines.SkipLast(1).Select(line => JsonSerializer.Deserialize<JsonElement>(line))]
        : [.. Root.GetProperty("results").EnumerateArray()];

    /// <summary>The items' states in request order: <c>completed failed completed</c>.</summary>
    public string Statuses => string.Join(' ', Results.Select(result => result.GetProperty("status").GetString()));

    /// <summary>The failed items: <c>3:UNIQUE_VIOLATION 7:CHECK_VIOLATION</c>.</summary>
    public string Failures => string.Join(' ', Results
        .Where(result => result.GetProperty("status").GetString() == "failed")
        .Select(result => $"{result.GetProperty("index").GetInt32()}:{result.GetProperty("code").GetString()}"));

    public string? Code => Root.TryGetProperty("code", out var code) ? code.GetString() : null;

    private string[] TextLines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    /// <summary>The counts: total, successes, failures, skipped.</summary>
    public (long Total, long Succeeded, long Failed, long Skipped) Counts => (
        Root.GetProperty("total").GetInt64(),
        Root.GetProperty("successCount").GetInt64(),
        Root.GetProperty("failureCount").GetInt64(),
        Root.GetProperty("skippedCount").GetInt64());

    public static async Task<RowsAnswer> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers, await response.Content.ReadAsByteArrayAsync());
}
