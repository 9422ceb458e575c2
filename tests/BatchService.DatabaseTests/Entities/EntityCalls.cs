using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Sends batches of operations as a client would, written as JSON.</summary>
internal static class EntityCalls
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>The whole body of <c>POST /batch</c>.</summary>
    public static async Task<EntityAnswer> BatchAsync(this HttpClient client, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, Json);
        using var response = await client.PostAsync("/batch", content);
        return await EntityAnswer.ReadAsync(response);
    }

    /// <summary>One operation, atomic.</summary>
    public static Task<EntityAnswer> OneAsync(this HttpClient client, string operation) =>
        client.BatchAsync($$"""{"operations": [{{operation}}]}""");

    /// <summary>Several operations, atomic.</summary>
    public static Task<EntityAnswer> ManyAsync(this HttpClient client, params string[] operations) =>
        client.BatchAsync($$"""{"operations": [{{string.Join(", ", operations)}}]}""");

    /// <summary>Several operations, each for itself.</summary>
    public static Task<EntityAnswer> EachAsync(this HttpClient client, params string[] operations) =>
        client.BatchAsync($$"""
            {"operations": [{{string.Join(", ", operations)}}], "options": {"atomic": false, "continueOnError": true} }
            """);

    public static async Task<EntityAnswer> GetAnswerAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        return await EntityAnswer.ReadAsync(response);
    }

    public static async Task<EntityAnswer> PostNothingAsync(this HttpClient client, string path)
    {
        using var response = await client.PostAsync(path, null);
        return await EntityAnswer.ReadAsync(response);
    }
}

/// <summary>An answer of the service: its status line, its body as sent, and shortcuts into it.</summary>
internal sealed record EntityAnswer(int Status, string Text, JsonElement Body)
{
    /// <summary>Of the first operation.</summary>
    public JsonElement Result => Results[0];

    /// <summary>The results in the order of the answer.</summary>
    public IReadOnlyList<JsonElement> Results => [.. Body.GetProperty("results").EnumerateObject().Select(result => result.Value)];

    /// <summary>The rows of the first operation.</summary>
    public IReadOnlyList<JsonElement> Data => DataOf(0);

    /// <summary>The only row of the first operation.</summary>
    public JsonElement Row => Assert.Single(Data);

    /// <summary>What is wrong with the first operation that failed.</summary>
    public string Code => TextOf(Failure, "code");

    public string Error => TextOf(Failure, "error");

    public string? Pointer => Failure.TryGetProperty("pointer", out var pointer) ? pointer.GetString() : null;

    public string? Constraint => Failure.TryGetProperty("constraint", out var constraint) ? constraint.GetString() : null;

    /// <summary>Code and pointer of every problem, in the order of the answer.</summary>
    public IReadOnlyList<string> Problems =>
    [
        .. (Body.TryGetProperty("problems", out var problems) ? problems : Body.GetProperty("errors")).EnumerateArray()
            .Select(problem => $"{TextOf(problem, "code")} {TextOf(problem, "pointer")}"),
    ];

    private JsonElement Failure => Body.TryGetProperty("results", out _)
        ? Results.First(result => TextOf(result, "status") == "failed")
        : Body;

    public IReadOnlyList<JsonElement> DataOf(int index) => [.. Results[index].GetProperty("data").EnumerateArray()];

    /// <summary>The values of one column of the first operation's rows, as JSON texts.</summary>
    public string Column(string name) => string.Join(' ', Data.Select(row => row.GetProperty(name).ToString()));

    public static async Task<EntityAnswer> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return new EntityAnswer((int)response.StatusCode, text, JsonElement.Parse(text));
    }

    /// <summary>Fails with the answer's text when the status is another.</summary>
    public EntityAnswer Expect(int status)
    {
        Assert.True(Status == status, $"{status} was expected: {Status} {Text}");
        return this;
    }

    /// <summary>Fails unless the batch was refused with this code.</summary>
    public EntityAnswer ExpectError(int status, string code)
    {
        Expect(status);
        Assert.True(Code == code, $"{code} was expected: {Text}");
        return this;
    }

    private static string TextOf(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
