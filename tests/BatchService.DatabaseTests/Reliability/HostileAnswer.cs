using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>What an answer to hostile input must be like.</summary>
internal static partial class HostileAnswer
{
    /// <summary>No 5xx; an error is a problem; and no text of ours shows what the service is made of.</summary>
    /// <param name="name">A name that was sent, and may be repeated where it is said to be unknown.</param>
    public static async Task AssertFitAsync(HttpResponseMessage response, string what, string name = "nobody")
    {
        var text = await response.Content.ReadAsStringAsync();
        var shown = $"{what}\n{(int)response.StatusCode} {response.Content.Headers.ContentType} {text[..Math.Min(text.Length, 2_000)]}";
        Assert.True((int)response.StatusCode < 500, shown);
        if ((int)response.StatusCode >= 400 && response.RequestMessage!.Method != HttpMethod.Head)
            Assert.True(response.Content.Headers.ContentType?.MediaType == "application/problem+json", shown);
        foreach (var error in ErrorsIn(response, text))
            Assert.False(Inside().IsMatch(error.Replace(name, "", StringComparison.Ordinal)), $"{shown}\nshows: {error}");
    }

    /// <summary>The texts that are ours to answer for: not the data that a client wrote.</summary>
    private static IEnumerable<string> ErrorsIn(HttpResponseMessage response, string text)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/json" or "application/problem+json")
            || response.StatusCode == HttpStatusCode.OK || response.RequestMessage!.Method == HttpMethod.Head)
            return [];
        return TextsOf(JsonNode.Parse(text), isError: (int)response.StatusCode >= 400);
    }

    private static IEnumerable<string> TextsOf(JsonNode? node, bool isError) => node switch
    {
        JsonObject members => members.Where(member => member.Key is not ("data" or "pointer")).SelectMany(member =>
            TextsOf(member.Value, isError || member.Key is "error" or "errors" or "detail" or "reason")),
        JsonArray items => items.SelectMany(item => TextsOf(item, isError)),
        JsonValue value when isError && value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    [GeneratedRegex(@"SELECT |INSERT INTO|\bUPDATE "" | FROM |Npgsql|PostgreSQL\.|System\.|   at |\.cs\b|/src/|/usr/|/home/|unnest\(|::text", RegexOptions.None, 1_000)]
    private static partial Regex Inside();
}
