using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using BatchService.DatabaseTests.Devices;
using BatchService.DatabaseTests.Frames;
using BatchService.DatabaseTests.Identity;

namespace BatchService.DatabaseTests.Operating;

/// <summary>A write that is no batch leaves a row that says who, when and by which request, too; and a refused one leaves none.</summary>
public sealed partial class SingleWriteAuditTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private const string Caller = "audit-single";
    private const string Scopes = "batch:admin batch:read batch:write batch:delete jobs:read jobs:write jobs:delete attestations:write frames:write frames:delete "
        + "notebooks:read notebooks:write notebooks:delete devices:write proofs:write";

    private const string Entry = """{"content":"c","content_type":"text/plain","topic":"t"}""";

    private static readonly JsonSerializerOptions s_writing = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>What stands for the parameters of the addresses; answers add to it.</summary>
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal)
    {
        ["frames/{id}"] = "audit-frame",
        ["share/{subject}"] = "friend",
    };

    [Fact]
    public async Task Every_single_write_leaves_its_row_under_the_id_that_it_was_answered_with()
    {
        await service.ExecuteAsync(
            """
            CREATE TABLE halting (halting_id integer);
            CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
            CREATE TRIGGER halt BEFORE INSERT ON halting FOR EACH ROW EXECUTE FUNCTION halt()
            """);
        using var client = service.With(TokenText.Of(("sub", Caller), ("scope", Scopes)));
        using var reload = await client.PostAsync("/entities/reload", null);
        Assert.True(reload.IsSuccessStatusCode);
        var device = DevicesClient.Unique();
        (string Method, string Route, object? Body, (string Id, string Field)? Kept)[] writes =
        [
            ("POST", "/attestations", """{"subjects":["audit"]}""", null),
            ("POST", "/frames/batch", $$"""{"frames":[{{FramesClient.Frame("audit-frame").ToJsonString()}}]}""", null),
            ("PATCH", "/frames/{id}", """{"branch":"next"}""", null),
            ("DELETE", "/frames/{id}", null, null),
            ("POST", "/notebooks", """{"name":"audit"}""", ("notebooks/{id}", "id")),
            ("PATCH", "/notebooks/{id}", """{"name":"audited"}""", null),
            ("POST", "/notebooks/{id}/share", """{"subject":"friend","tier":"read"}""", null),
            ("DELETE", "/notebooks/{id}/share/{subject}", null, null),
            ("POST", "/notebooks/{id}/entries", Entry, ("entries/{entryId}", "entry_id")),
            ("PUT", "/notebooks/{id}/entries/{entryId}", Entry, null),
            ("POST", "/notebooks/{id}/entries/{entryId}/claims", """{"author":"a","claims":[{"text":"t","confidence":0.5}]}""", null),
            ("DELETE", "/notebooks/{id}", null, null),
            ("POST", "/devices/enroll", DevicesClient.Device(device), null),
            ("POST", "/proofs/lock", DevicesClient.Proof(device), null),
            ("POST", "/batch/jobs", """{"job_type":"rows","options":{"entity":"halting","action":"create"},"items":[{"halting_id":1}]}""", ("jobs/{id}", "batch_job_id")),
            ("POST", "/batch/jobs/{id}/cancel", null, null),
            ("DELETE", "/batch/jobs/{id}", null, null),
        ];
        foreach (var (method, route, body, kept) in writes)
        {
            using var answer = await SendAsync(client, method, route, body);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{method} {route}: {text}");
            if (kept is var (id, field))
            {
                _ids[id] = JsonElement.Parse(text).GetProperty(field).GetString()!;
            }

            var mode = route == "/batch/jobs" ? "job" : "atomic";
            Assert.Equal($"{Caller}|{method} {route}|{mode}|t", await RowAsync(answer.Header("Batch-Id")));
        }

        Assert.Equal($"{writes.Length}", await service.TextAsync($"SELECT count(*) FROM batch.audit WHERE caller = '{Caller}'"));
    }

    [Fact]
    public async Task A_refused_write_leaves_none()
    {
        using var client = service.With(TokenText.Of(("sub", "audit-refused"), ("scope", Scopes)));
        foreach (var (method, route) in new[] { ("POST", "/attestations"), ("PATCH", "/frames/{id}"), ("POST", "/notebooks"), ("POST", "/devices/enroll") })
        {
            using var answer = await SendAsync(client, method, route, "{}");
            Assert.InRange((int)answer.StatusCode, 400, 499);
        }

        Assert.Equal("0", await service.TextAsync("SELECT count(*) FROM batch.audit WHERE caller = 'audit-refused'"));
    }

    [GeneratedRegex(@"\w+/\{\w+\}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Parameter { get; }

    private Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string route, object? body)
    {
        var path = Parameter.Replace(route, match => $"{match.Value.Split('/')[0]}/{_ids[match.Value]}");
        return client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = body is null ? null : new StringContent(body as string ?? JsonSerializer.Serialize(body, s_writing), Encoding.UTF8, "application/json"),
        });
    }

    private Task<string> RowAsync(string? batchId) => service.TextAsync(
        $"SELECT concat_ws('|', caller, route, mode, at BETWEEN now() - interval '5 minutes' AND now() + interval '5 minutes') FROM batch.audit WHERE batch_id = '{batchId ?? Guid.Empty.ToString()}'");
}
