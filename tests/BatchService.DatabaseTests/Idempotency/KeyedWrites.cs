using BatchService.DatabaseTests.Devices;
using BatchService.DatabaseTests.Frames;
using BatchService.DatabaseTests.Notebooks;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>A call that is about to be made.</summary>
internal sealed record KeyedWrite(string Path, string? Body, string MediaType = RowsClient.Json);

/// <summary>Every call of the service that writes, by its method and route: makes what the call needs, and gives the call.</summary>
internal static class KeyedWrites
{
    private const string AttestationId = "AS00USER100LIKESSL00WORKA0000BOB";

    public static IReadOnlyDictionary<string, Func<HttpClient, Task<KeyedWrite>>> All { get; } =
        Entities().Concat(Attestations()).Concat(Frames()).Concat(Devices()).Concat(Jobs()).Concat(Notebooks()).Concat(Workers())
            .ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Entities() => new(StringComparer.Ordinal)
    {
        ["POST /batch"] = _ => Call("/batch", """{ "operations": [ { "entity": "word", "action": "create", "store_params": { "text": "a" } } ] }"""),
        ["POST /entities/{entity}/batch"] = _ => Call("/entities/word/batch", """{ "action": "create", "items": [ { "text": "a" } ] }"""),
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Attestations() => new(StringComparer.Ordinal)
    {
        ["POST /attestations"] = _ => Call("/attestations", """{ "subjects": [ "a" ] }"""),
        ["POST /attestations/batch"] = _ => Call("/attestations/batch", """{ "commands": [ { "subjects": [ "a" ] } ] }"""),
        ["POST /attestations/stream"] = _ =>
            Task.FromResult(new KeyedWrite("/attestations/stream", """{ "subjects": [ "a" ] }""", RowsClient.Ndjson)),
        ["POST /attestations/batch/delete"] = async client =>
        {
            await client.WriteAsync("/attestations", $$"""{ "id": "{{AttestationId}}", "subjects": [ "a" ] }""");
            return new KeyedWrite("/attestations/batch/delete", $$"""{ "ids": [ "{{AttestationId}}" ] }""");
        },
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Frames() => new(StringComparer.Ordinal)
    {
        ["POST /frames/batch"] = _ => Call("/frames/batch", $$"""{ "frames": [ {{FramesClient.Frame("batch").ToJsonString()}} ] }"""),
        ["PATCH /frames/{id}"] = async client => new KeyedWrite(await FrameAsync(client, "patched"), """{ "jira": "FRAME-1" }"""),
        ["DELETE /frames/{id}"] = async client => new KeyedWrite(await FrameAsync(client, "deleted"), null),
        ["POST /atlas/rebuild"] = _ => Call("/atlas/rebuild", null),
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Devices() => new(StringComparer.Ordinal)
    {
        ["POST /devices/enroll"] = _ => Call("/devices/enroll", Enrollment("single")),
        ["POST /devices/enroll/batch"] = _ => Call("/devices/enroll/batch", $$"""{ "items": [ {{Enrollment("batch")}} ] }"""),
        ["POST /proofs/lock"] = async client => new KeyedWrite("/proofs/lock", await LockAsync(client, "single-lock")),
        ["POST /proofs/lock/batch"] = async client =>
            new KeyedWrite("/proofs/lock/batch", $$"""{ "items": [ {{await LockAsync(client, "batch-lock")}} ] }"""),
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Jobs() => new(StringComparer.Ordinal)
    {
        ["POST /batch/jobs"] = _ => Call("/batch/jobs", JobBody),
        ["POST /batch/jobs/{id}/cancel"] = async client => new KeyedWrite($"{await JobAsync(client)}/cancel", null),
        ["POST /batch/jobs/{id}/retry"] = async client =>
        {
            var job = await JobAsync(client);
            await client.WriteAsync($"{job}/cancel", "{}");
            return new KeyedWrite($"{job}/retry", """{ "only": "unprocessed" }""");
        },
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Notebooks() => new(StringComparer.Ordinal)
    {
        ["POST /notebooks"] = _ => Call("/notebooks", """{ "name": "n" }"""),
        ["PATCH /notebooks/{id}"] = In(_ => ("", """{ "name": "another" }""")),
        ["DELETE /notebooks/{id}"] = In(_ => ("", null)),
        ["POST /notebooks/{id}/share"] = In(_ => ("/share", """{ "subject": "somebody", "tier": "read" }""")),
        ["DELETE /notebooks/{id}/share/{subject}"] = async client =>
        {
            var notebook = $"/notebooks/{await new NotebookClient(client).CreateAsync()}";
            await client.WriteAsync($"{notebook}/share", """{ "subject": "somebody", "tier": "read" }""");
            return new KeyedWrite($"{notebook}/share/somebody", null);
        },
        ["POST /notebooks/{id}/batch"] = In(_ => ("/batch", $$"""{ "entries": [ {{NotebookClient.Entry()}} ] }""")),
        ["POST /notebooks/{id}/entries"] = In(_ => ("/entries", NotebookClient.Entry())),
        ["PUT /notebooks/{id}/entries/{entryId}"] = In(entry => ($"/entries/{entry}", NotebookClient.Entry("better"))),
        ["POST /notebooks/{id}/entries/{entryId}/claims"] = In(entry =>
            ($"/entries/{entry}/claims", """{ "claims": [ { "text": "t", "confidence": 1 } ], "author": "robot" }""")),
        ["POST /notebooks/{id}/jobs"] = In(entry =>
            ("/jobs", $$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{entry}}" } }""")),
    };

    private static Dictionary<string, Func<HttpClient, Task<KeyedWrite>>> Workers() => new(StringComparer.Ordinal)
    {
        ["POST /notebooks/{id}/jobs/{jobId}/complete"] = async client =>
            new KeyedWrite($"{(await ClaimedAsync(client)).Job}/complete", """{ "worker_id": "w1", "result": { "claims": [ { "text": "t", "confidence": 1 } ] } }"""),
        ["POST /notebooks/{id}/jobs/{jobId}/fail"] = async client =>
            new KeyedWrite($"{(await ClaimedAsync(client)).Job}/fail", """{ "worker_id": "w1", "error": "it broke" }"""),
        ["POST /notebooks/{id}/jobs/retry-failed"] = async client =>
        {
            var (notebook, job) = await ClaimedAsync(client);
            for (var attempt = 0; attempt <= MaxRetries; attempt++)
            {
                await client.WriteAsync($"{job}/fail", """{ "worker_id": "w1", "error": "it broke" }""");
                await new NotebookClient(client).GetAsync($"{notebook}/jobs/next?worker_id=w1");
            }
            return new KeyedWrite($"{notebook}/jobs/retry-failed", null);
        },
    };

    private const int MaxRetries = 3;

    private const string JobBody = """{ "job_type": "attestations", "items": [ { "subjects": [ "a" ] } ] }""";

    private static Task<KeyedWrite> Call(string path, string? body) => Task.FromResult(new KeyedWrite(path, body));

    /// <summary>A call in a notebook of its own, with an entry.</summary>
    private static Func<HttpClient, Task<KeyedWrite>> In(Func<Guid, (string Path, string? Body)> call) => async client =>
    {
        var notebooks = new NotebookClient(client);
        var notebook = await notebooks.CreateAsync();
        var (path, body) = call(await notebooks.AddAsync(notebook));
        return new KeyedWrite($"/notebooks/{notebook}{path}", body);
    };

    private static async Task<(string Notebook, string Job)> ClaimedAsync(HttpClient client)
    {
        var notebooks = new NotebookClient(client);
        var notebook = await notebooks.CreateAsync();
        await notebooks.AddAsync(notebook);
        var job = (await notebooks.NextAsync(notebook)).Expect(200)["id"].GetGuid();
        return ($"/notebooks/{notebook}", $"/notebooks/{notebook}/jobs/{job}");
    }

    private static async Task<string> FrameAsync(HttpClient client, string id)
    {
        (await client.PostFramesAsync([FramesClient.Frame(id)])).Expect(200);
        return $"/frames/{id}";
    }

    private static string Enrollment(string id) =>
        $$"""{ "device_id": "{{id}}", "public_key": "{{DevicesClient.Key}}", "platform": "ios" }""";

    private static async Task<string> LockAsync(HttpClient client, string id)
    {
        await client.WriteAsync("/devices/enroll", Enrollment(id));
        return $$"""
            {
              "device_id": "{{id}}", "device_pubkey": "{{DevicesClient.Key}}", "asset_hash": "{{DevicesClient.UniqueHash()}}",
              "capture_time_utc": "2026-01-31T12:00:00Z"
            }
            """;
    }

    private static async Task<string> JobAsync(HttpClient client) => (await client.WriteAsync("/batch/jobs", JobBody)).Header("Location")!;

    private static async Task<RowsAnswer> WriteAsync(this HttpClient client, string path, string body)
    {
        var answer = await client.PostContentAsync(path, new StringContent(body), RowsClient.Json);
        Assert.True((int)answer.Status < 300, $"{path}: {answer.Text}");
        return answer;
    }
}
