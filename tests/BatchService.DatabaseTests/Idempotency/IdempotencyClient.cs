using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>Posts the same work through both endpoints, with a key.</summary>
internal static class IdempotencyClient
{
    /// <summary>Writes words through <c>POST /batch</c> or <c>POST /entities/word/batch</c>.</summary>
    public static Task<RowsAnswer> WriteWordsAsync(
        this HttpClient client, string door, string key, IReadOnlyList<string> words, bool atomic = true, bool continueOnError = false)
    {
        object options = new { atomic, continueOnError };
        object body = door == "operations"
            ? new
            {
                operations = words.Select(word => new { entity = "word", action = "create", store_params = new { text = word } }),
                options,
            }
            : new { action = "create", items = words.Select(word => new { text = word }), options };
        var path = door == "operations" ? "/batch" : "/entities/word/batch";
        return client.PostKeyedAsync(path, key, System.Text.Json.JsonSerializer.Serialize(body));
    }

    public static Task<RowsAnswer> PostKeyedAsync(
        this HttpClient client, string path, string key, string body, string contentType = RowsClient.Json, string accept = RowsClient.Json) =>
        client.PostContentAsync(path, new StringContent(body), contentType, ("Idempotency-Key", key), ("Accept", accept));

    public static bool IsReplay(this RowsAnswer answer) => answer.Header("Idempotent-Replayed") == "true";
}
