using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>Calls the attestation endpoints and reads their answers.</summary>
internal static class AttestationsClient
{
    public static Task<RowsAnswer> PostAsync(this HttpClient client, string path, object body, params (string Name, string Value)[] headers) =>
        client.PostRawAsync(path, JsonSerializer.Serialize(body), headers);

    public static Task<RowsAnswer> PostRawAsync(this HttpClient client, string path, string body, params (string Name, string Value)[] headers) =>
        client.PostContentAsync(path, new StringContent(body), RowsClient.Json, headers);

    /// <summary>Posts commands to <c>/attestations/batch</c>; mode and chunk size null leave them out.</summary>
    public static Task<RowsAnswer> CreateAsync(
        this HttpClient client, IEnumerable<object> commands, string? mode = null, int? chunkSize = null, params (string Name, string Value)[] headers)
    {
        var body = new Dictionary<string, object>(StringComparer.Ordinal) { ["commands"] = commands };
        if (mode is not null)
            body["mode"] = mode;
        if (chunkSize is not null)
            body["chunk_size"] = chunkSize;
        return client.PostAsync("/attestations/batch", body, headers);
    }

    public static Task<RowsAnswer> DeleteIdsAsync(
        this HttpClient client, IEnumerable<string> ids, string? mode = null, params (string Name, string Value)[] headers) =>
        client.PostAsync("/attestations/batch/delete", mode is null ? new { ids } : new { ids, mode }, headers);

    public static Task<RowsAnswer> StreamAsync(
        this HttpClient client, IEnumerable<object> commands, string query = "", params (string Name, string Value)[] headers) =>
        client.PostContentAsync("/attestations/stream" + query, new StringContent(RowsClient.Lines(commands)), RowsClient.Ndjson, headers);

    public static async Task<RowsAnswer> GetAnswerAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await RowsAnswer.ReadAsync(response);
    }

    /// <summary>Runs one filter and gives what it finds.</summary>
    public static async Task<IReadOnlyList<JsonElement>> FindAsync(this HttpClient client, object filter)
    {
        var answer = await client.PostAsync("/attestations/batch/query", new { filters = new[] { filter } });
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, answer.Text);
        return [.. answer.Root[0].EnumerateArray()];
    }

    /// <summary>Successes, failures, and all.</summary>
    public static (int Succeeded, int Failed, int Total) Sums(this RowsAnswer answer) => (
        answer.Root.GetProperty("success_count").GetInt32(),
        answer.Root.GetProperty("failure_count").GetInt32(),
        answer.Root.GetProperty("total").GetInt32());

    /// <summary>The attestations that were created, in request order.</summary>
    public static IReadOnlyList<JsonElement> Created(this RowsAnswer answer) => [.. answer.Root.GetProperty("attestations").EnumerateArray()];

    /// <summary>The object <c>errors</c>, as <c>1 4</c>.</summary>
    public static string ErrorIndexes(this RowsAnswer answer) =>
        string.Join(' ', answer.Root.GetProperty("errors").EnumerateObject().Select(error => error.Name));

    public static string Id(this JsonElement attestation) => attestation.GetProperty("id").GetString()!;

    public static string Subject(this JsonElement attestation) => attestation.GetProperty("subjects")[0].GetString()!;

    public static IReadOnlyList<string> Texts(this JsonElement attestation, string field) =>
        [.. attestation.GetProperty(field).EnumerateArray().Select(text => text.GetString()!)];
}
