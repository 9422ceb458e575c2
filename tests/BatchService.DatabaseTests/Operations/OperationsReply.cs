using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary>What <c>POST /batch</c> answered, in forms that a test can compare at a glance.</summary>
internal sealed record OperationsReply(int Status, string? MediaType, HttpResponseHeaders Headers, JsonElement Body)
{
    /// <summary>Every result as <c>id:status</c>, in the order of the answer.</summary>
    public string States => string.Join(
        ' ', Body.GetProperty("results").EnumerateObject().Select(result => $"{result.Name}:{result.Value.GetProperty("status").GetString()}"));

    /// <summary>The problem's array as <c>CODE pointer</c>.</summary>
    public IReadOnlyList<string> Problems =>
        [.. (Body.TryGetProperty("problems", out var problems) ? problems : Body.GetProperty("errors")).EnumerateArray()
            .Select(error => $"{error.GetProperty("code").GetString()} {error.GetProperty("pointer").GetString()}")];

    public JsonElement Result(string id) => Body.GetProperty("results").GetProperty(id);

    public JsonElement Row(string id, int index = 0) => Result(id).GetProperty("data")[index];

    public string? Text(string member) => Body.GetProperty(member).GetString();

    public string Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    /// <summary>Fails with the whole body when the status is another one.</summary>
    public OperationsReply Expect(int status)
    {
        Assert.True(Status == status, $"Expected {status}, but was {Status}: {Body}");
        return this;
    }
}

/// <summary>Sends batches of operations.</summary>
internal static class OperationsClient
{
    public static Task<OperationsReply> PostBatchAsync(this HttpClient client, string json, params IReadOnlyList<(string Name, string Value)> headers) =>
        client.PostBatchAsync(new StringContent(json, Encoding.UTF8, "application/json"), headers);

    public static async Task<OperationsReply> PostBatchAsync(
        this HttpClient client, HttpContent content, params IReadOnlyList<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/batch") { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await client.SendAsync(request);
        var body = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync());
        return new OperationsReply((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers, body);
    }

    /// <summary>Runs the operations with these options (their JSON text).</summary>
    public static Task<OperationsReply> RunAsync(this HttpClient client, string operations, string options = "{}") =>
        client.PostBatchAsync($$"""{ "operations": [ {{operations}} ], "options": {{options}} }""");
}
