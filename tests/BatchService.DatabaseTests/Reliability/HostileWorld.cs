using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Things of every kind in a running service, so that a hostile request finds something, and all the places where it may write.</summary>
internal static class HostileWorld
{
    private const string Entry = "019aa5c0-0000-7000-8000-000000000011";

    /// <summary>Fields that the document's examples leave out.</summary>
    public static readonly IReadOnlyList<(string Call, string Body)> More =
    [
        ("POST /attestations", """
            {"id":"AS00USER100LIKESSL00WORKA0000BOB","subjects":["a"],"predicates":["b"],"contexts":["c"],"actors":["d"],"timestamp":"2026-01-31T10:00:00Z","source":"s","attributes":{"k":[1,{"x":null}]}}
            """),
        ("POST /attestations/batch", """{"commands":[{"subjects":["a"]}],"mode":"best_effort","chunk_size":10}"""),
        ("POST /attestations/batch/query", """
            {"filters":[{"subjects":["a"],"predicates":["b"],"contexts":["c"],"actors":["d"],"time_start":"2026-01-31T10:00:00Z","time_end":"2026-02-28T10:00:00Z","limit":5}]}
            """),
        ("POST /attestations/batch/delete", """{"ids":["AS00USER100LIKESSL00WORKA0000BOB"],"mode":"best_effort"}"""),
        ("POST /frames/batch", """
            {"frames":[{"id":"h-1","timestamp":"2026-01-31T10:00:00Z","branch":"main","jira":"AB-1","module_scope":["m"],"summary_caption":"s","reference_point":"r",
            "status_snapshot":{"next_action":"n","blockers":["b"],"tests_failing":["t"]},"keywords":["k"],"atlas_frame_id":"a","feature_flags":["f"],"permissions":["p"],"userId":"u"}],
            "options":{"failFast":false,"preValidate":false,"onSuccess":["atlas_rebuild"]}}
            """),
        ("POST /batch/jobs", """{"job_type":"rows","items":[{"name":"Blues"}],"options":{"entity":"genre","action":"create","atomic":false},"metadata":{"k":"v"},"callback_url":"https://example.com/"}"""),
        ("POST /batch/jobs", """{"job_type":"operations","items":[{"id":"a","entity":"genre","action":"read","query_params":{"name":"like::R*"},"depends_on":[]}],"options":{"atomic":true}}"""),
        ("POST /batch/jobs", """{"job_type":"query","items":[{"content_hash":"sha256:00"},{"device_id":"phone-1"},{"record_id":"01980000-0000-7000-8000-000000000001"}]}"""),
        ("POST /batch/jobs", """{"job_type":"entries","items":[{"content":"c","topic":"t"}],"options":{"notebook_id":"01980000-0000-7000-8000-000000000001"}}"""),
        ("POST /devices/enroll", """{"device_id":"phone-9","public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","platform":"ios","current_token":"t","force":true}"""),
        ("POST /devices/enroll/batch", """{"items":[{"device_id":"phone-8","public_key":"ed25519:x","platform":"ios"}],"options":{"atomic":false}}"""),
        ("POST /notebooks/{id}/batch", """
            {"entries":[{"entry_id":"019aa5c0-0000-7000-8000-000000000099","content":"c","content_type":"text/plain","topic":"t","references":["019aa5c0-0000-7000-8000-000000000011"],
            "fragment_of":"019aa5c0-0000-7000-8000-000000000011","fragment_index":0}],"author":"a"}
            """),
        ("POST /batch", """
            {"operations":[{"id":"a","entity":"album","action":"read","query_params":{"artist.name":"ilike::A*","album_id":"in::1,2"},
            "metadata_params":{"sort":"title:desc","limit":3,"offset":1,"count":true,"properties":"title artist:.*"},"claims":{"sub":"x","roles":["r"],"scopes":["batch:read"]}},
            {"id":"b","entity":"artist","action":"upsert","store_params":{"artist_id":1,"name":"$ref:a.0.title"},"metadata_params":{"on_conflict":{"columns":["artist_id"],"action":"merge"},"expect_affected":1,"if_match":"x"},"depends_on":["a"]}],
            "options":{"atomic":false,"continueOnError":true,"validateOnly":"execute","return":"minimal","results":"failed"}}
            """),
    ];

    /// <summary>Makes a notebook, an entry, a claimed job and a batch job, sends every example once, and gives all places.</summary>
    public static async Task<IReadOnlyList<HostilePlace>> PlacesAsync(HttpClient client)
    {
        var document = JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json"));
        var notebook = Text(await PostAsync(client, "/notebooks", """{"name":"hostile"}"""), "id");
        await PostAsync(client, $"/notebooks/{notebook}/batch", $$"""{"entries":[{"entry_id":"{{Entry}}","content":"token"},{"content":"another token"}]}""");
        var claimed = JsonElement.Parse(await client.GetStringAsync($"/notebooks/{notebook}/jobs/next?worker_id=robot-1"));
        var job = Text(await PostAsync(client, "/batch/jobs", """{"job_type":"attestations","items":[{"subjects":["a"]}]}"""), "batch_job_id");
        await PostAsync(client, "/frames/batch", More.First(more => more.Call == "POST /frames/batch").Body);
        await PostAsync(client, "/devices/enroll", """{"device_id":"phone-1","public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","platform":"ios"}""");

        string? Parameter(string path, string name) => (path.Split('/')[1], name) switch
        {
            ("notebooks", "id") => notebook,
            ("notebooks", "jobId") => Text(claimed, "id"),
            ("batch", "id") => job,
            _ => null,
        };
        return [.. HostilePlace.In(document, Parameter, More.ToLookup(more => more.Call, more => more.Body, StringComparer.Ordinal))];
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, string body)
    {
        using var response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {text}");
        return JsonElement.Parse(text);
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
