using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Ids of another caller, on every route that takes one: what is private is as if it were not there.</summary>
public sealed partial class OtherCallersTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private const string Scopes =
        "batch:read batch:write batch:delete attestations:read attestations:write attestations:delete frames:read frames:write frames:delete "
        + "notebooks:read notebooks:write notebooks:delete jobs:read jobs:write jobs:delete devices:read devices:write proofs:read proofs:write";

    /// <summary>What callers with the scope share.</summary>
    private static readonly string[] s_shared =
        ["GET /attestations/{id}", "GET /devices/{id}", "GET /frames/{id}", "DELETE /frames/{id}", "PATCH /frames/{id}"];

    /// <summary>What has no owner: names, not ids of things that a caller made. And what is sealed by record ids, of which none is made here.</summary>
    private static readonly string[] s_ownerless = ["GET /entities/{entity}", "POST /entities/{entity}/batch", "GET /proofs/{record_id}"];

    [Fact]
    public async Task What_is_private_cannot_be_told_from_what_does_not_exist()
    {
        using var alice = Client("alice");
        using var bob = Client("bob");
        var document = JsonElement.Parse(await alice.GetStringAsync("/openapi/v1.json"));
        var hers = await MakeAsync(alice);
        var nobodys = hers.ToDictionary(id => id.Key, id => id.Key.StartsWith('/') ? $"{Guid.CreateVersion7()}" : id.Value, StringComparer.Ordinal);
        nobodys["/attestations id"] = "AS00XXXXX00XXXXXXX00XXXXX0000XXX";
        var before = await OwnAsync(alice, hers);
        var shared = new List<string>();
        var routes = ServiceRoutes.Of(service.Services)
            .Where(route => !route.IsOpen && route.Pattern.Contains('{') && !s_ownerless.Contains($"{route}"))
            .OrderBy(route => route.Method is "GET" ? 0 : route.Method is "DELETE" ? 2 : 1);
        foreach (var route in routes)
        {
            var (known, unknown) = (await AskAsync(bob, route, document, hers), await AskAsync(bob, route, document, nobodys));
            Assert.True(unknown.StartsWith('4'), $"{route}: {unknown}");
            if (known != unknown)
            {
                shared.Add($"{route}");
            }
            else
            {
                Assert.True(known.StartsWith("404", StringComparison.Ordinal), $"{route}: {known}");
            }
        }

        Assert.Equal(s_shared.Order(StringComparer.Ordinal), shared.Order(StringComparer.Ordinal));
        Assert.Equal(before, await OwnAsync(alice, hers));
    }

    [Fact]
    public async Task What_is_private_is_in_no_list_of_another_caller()
    {
        using var alice = Client("alice");
        using var bob = Client("bob");
        var hers = await MakeAsync(alice);
        string[] secret = [hers["/notebooks id"], hers["/notebooks entryId"], hers["/notebooks jobId"], hers["/batch id"]];
        foreach (var route in ServiceRoutes.Of(service.Services).Where(route => route.Method == "GET" && !route.Pattern.Contains('{')))
        {
            using var response = await bob.GetAsync(route.Pattern);
            var text = await response.Content.ReadAsStringAsync();
            Assert.All(secret, id => Assert.False(text.Contains(id, StringComparison.Ordinal), $"{route}: {text}"));
        }
    }

    private HttpClient Client(string subject) => service.With(TokenText.Of(("sub", subject), ("scope", Scopes)));

    /// <summary>One thing of every kind that has an id; keyed by where the id goes.</summary>
    private static async Task<Dictionary<string, string>> MakeAsync(HttpClient alice)
    {
        var notebook = Text(await PostAsync(alice, "/notebooks", """{"name":"private"}"""), "id");
        var entry = Text((await PostAsync(alice, $"/notebooks/{notebook}/batch", """{"entries":[{"content":"private"}]}""")).GetProperty("results")[0], "entry_id");
        var job = Text(JsonElement.Parse(await alice.GetStringAsync($"/notebooks/{notebook}/jobs/next?worker_id=w")), "id");
        return new(StringComparer.Ordinal)
        {
            ["/notebooks id"] = notebook,
            ["/notebooks entryId"] = entry,
            ["/notebooks jobId"] = job,
            ["subject"] = "carol",
            ["/batch id"] = Text(await PostAsync(alice, "/batch/jobs", """{"job_type":"attestations","items":[{"subjects":["a"]}]}"""), "batch_job_id"),
            ["/attestations id"] = Text(await PostAsync(alice, "/attestations", """{"subjects":["shared"]}"""), "id"),
            ["/devices id"] = Text(
                await PostAsync(alice, "/devices/enroll", $$"""{"device_id":"{{Guid.NewGuid()}}","public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","platform":"ios"}"""),
                "device_id"),
            ["/frames id"] = (await PostAsync(alice, "/frames/batch", $$"""
                {"frames":[{"id":"{{Guid.NewGuid()}}","timestamp":"2026-01-31T10:00:00Z","branch":"main","module_scope":[],"summary_caption":"s","reference_point":"r","status_snapshot":{"next_action":"n"} }]}
                """)).GetProperty("results")[0].GetProperty("id").GetString()!,
        };
    }

    /// <summary>What the owner sees of the private things.</summary>
    private static async Task<string> OwnAsync(HttpClient alice, Dictionary<string, string> hers)
    {
        var notebook = $"/notebooks/{hers["/notebooks id"]}";
        using var job = new HttpRequestMessage(HttpMethod.Get, $"/batch/jobs/{hers["/batch id"]}") { Headers = { { "Prefer", "wait=20" } } };
        using var ended = await alice.SendAsync(job);
        Assert.Contains("completed", await ended.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var entry = JsonElement.Parse(await alice.GetStringAsync($"{notebook}/entries/{hers["/notebooks entryId"]}"));
        return await alice.GetStringAsync(notebook) + entry.GetProperty("content") + entry.GetProperty("claims_status") + await alice.GetStringAsync($"{notebook}/jobs/stats");
    }

    /// <summary>Status and body, without what differs by chance: the ids that were asked for, and the number of the request.</summary>
    private static async Task<string> AskAsync(HttpClient client, ServiceRoute route, JsonElement document, Dictionary<string, string> ids)
    {
        var domain = "/" + route.Pattern.Split('/')[1];
        var path = Parameter().Replace(route.Pattern, match => ids.GetValueOrDefault($"{domain} {match.Groups["name"].Value}") ?? ids[match.Groups["name"].Value]);
        var query = route.Pattern.Split('/')[^1] switch { "next" => "?worker_id=w", "search" => "?query=private", _ => "" };
        using var request = new HttpRequestMessage(HttpMethod.Parse(route.Method), path + query);
        if (ExampleOf(document, route) is { } body)
        {
            request.Content = new StringContent(body, Encoding.UTF8) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        using var response = await client.SendAsync(request);
        var text = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        return TraceId().Replace(ids.Values.Aggregate(text, (shown, id) => shown.Replace(id, "(id)", StringComparison.Ordinal)), "");
    }

    private static string? ExampleOf(JsonElement document, ServiceRoute route)
    {
        var call = document.GetProperty("paths").GetProperty(Parameter().Replace(route.Pattern, "{${name}}")).GetProperty(route.Method.ToLowerInvariant());
        return call.TryGetProperty("requestBody", out var body)
            ? body.GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject().First().Value.GetProperty("value").GetRawText()
            : null;
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, string body)
    {
        using var response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {text}");
        return JsonElement.Parse(text);
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;

    [GeneratedRegex(@"\{(?<name>[^}:?]+)[^}]*\}", RegexOptions.None, 1_000)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"""traceId"":""[^""]*""", RegexOptions.None, 1_000)]
    private static partial Regex TraceId();
}
