using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>The same body to the same address, now or later.</summary>
public sealed class JobsDoorTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly (string, string) s_later = ("Prefer", "respond-async");

    public static TheoryData<int, bool, bool> Seeds
    {
        get
        {
            var data = new TheoryData<int, bool, bool>();
            foreach (var seed in Enumerable.Range(1, 4))
            {
                data.Add(seed, false, true);
                data.Add(seed, false, false);
                data.Add(seed, true, true);
                data.Add(seed, true, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Rows_have_the_same_outcomes_in_one_call_as_a_stream_and_as_a_job(int seed, bool atomic, bool continueOnError)
    {
        var caller = fixture.NewCaller();
        var count = 5 + (seed * 7);
        var options = new { atomic, continueOnError };
        var query = $"action=create&atomic={(atomic ? "true" : "false")}&continueOnError={(continueOnError ? "true" : "false")}";
        var outcomes = new List<string>();
        string[] doors = ["json", "stream", "job", "lines", "later", "later2"];
        foreach (var door in doors)
        {
            await fixture.ExecuteAsync($"INSERT INTO item (code) VALUES ('taken.{Name(door)}')");
        }

        var json = await caller.PostAsync("/entities/item/batch", Body("json"));
        outcomes.Add(OutcomesOf(json));
        outcomes.Add(OutcomesOf(await caller.PostAsync($"/entities/item/batch?{query}", Lines("stream"), RowsClient.Ndjson)));
        outcomes.Add(await JobAsync(caller, await caller.SubmitAsync(JobsCaller.Rows("item", Rows("job"), new { entity = "item", action = "create", atomic, continueOnError }))));
        outcomes.Add(await JobAsync(caller, await caller.PostAsync($"/batch/jobs?job_type=rows&entity=item&{query}", Lines("lines"), RowsClient.Ndjson)));
        outcomes.Add(await JobAsync(fixture.DefaultCaller, await caller.PostAsync("/entities/item/batch", Body("later"), RowsClient.Json, s_later)));
        outcomes.Add(await JobAsync(fixture.DefaultCaller, await caller.PostAsync($"/entities/item/batch?{query}", Lines("later2"), RowsClient.Ndjson, s_later)));

        // An atomic JSON call that is to stop looks at all values before it runs anything; who reads item by item meets the database first.
        var compared = atomic && !continueOnError ? outcomes[1..] : outcomes;
        Assert.All(compared, outcome => Assert.Equal(compared[0], outcome));
        Assert.Equal(outcomes[0].Contains("failed", StringComparison.Ordinal), outcomes[1].Contains("failed", StringComparison.Ordinal));
        var written = outcomes[0].Split(' ').Count(outcome => outcome == "success");
        foreach (var door in doors)
        {
            Assert.Equal(written, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE code LIKE '{Name(door)}-%'"));
        }

        string Name(string door) => $"{door}.{seed}.{atomic}.{continueOnError}";

        string Body(string door) => JsonSerializer.Serialize(new { action = "create", items = Rows(door), options });

        string Lines(string door) => RowsClient.Lines(Rows(door));

        List<object> Rows(string door)
        {
            var random = new Random(seed);
            // Parts of ten items run beside each other: who comes first is only told within one.
            return [.. Enumerable.Range(0, count).Select(number => Row(
                $"{Name(door)}-{number}", $"taken.{Name(door)}", number % 10 == 0 ? "own" : $"{Name(door)}-{number - 1}", random.Next(15)))];
        }
    }

    [Fact]
    public async Task A_csv_of_rows_runs_as_a_job_when_asked_to()
    {
        var caller = fixture.DefaultCaller;
        var accepted = await caller.PostAsync("/entities/item/batch?action=create&atomic=false&continueOnError=true", "code,quantity\nlater-csv-1,1\nlater-csv-2,-1\n", RowsClient.Csv, s_later);

        Assert.Equal("respond-async", accepted.Header("Preference-Applied"));
        Assert.Equal("success failed:CHECK_VIOLATION", await JobAsync(caller, accepted));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Operations_have_the_same_outcomes_and_data_in_one_call_and_as_a_job(bool atomic, bool continueOnError)
    {
        var caller = fixture.DefaultCaller;
        var now = await caller.PostAsync("/batch", Body("now", true));
        var later = await caller.PostAsync("/batch", Body("later", true), RowsClient.Json, s_later, ("Idempotency-Key", $"ops-{atomic}-{continueOnError}"));
        var again = await caller.PostAsync("/batch", Body("later", true), RowsClient.Json, s_later, ("Idempotency-Key", $"ops-{atomic}-{continueOnError}"));
        var outcomes = now.Root.GetProperty("results").EnumerateObject().Select(result => Outcome(result.Value)).ToList();

        Assert.Equal(JobsCaller.IdOf(later), JobsCaller.IdOf(again));
        Assert.Equal(string.Join(' ', outcomes), await JobAsync(caller, later));
        var written = outcomes.Count(outcome => outcome == "success");
        Assert.Equal(await fixture.NumberAsync($"SELECT count(*) FROM node WHERE name LIKE '{Name("now")}-%'"), await fixture.NumberAsync($"SELECT count(*) FROM node WHERE name LIKE '{Name("later")}-%'"));
        Assert.Equal(!atomic, written > 0);

        var good = await caller.PostAsync("/batch", Body("good", false), RowsClient.Json, s_later);
        Assert.Equal("success success success", await JobAsync(caller, good));
        var items = await caller.ItemsAsync(JobsCaller.IdOf(good));
        var parent = items[0].GetProperty("output_data").GetProperty("data")[0].Number("node_id");
        Assert.Equal(parent, items[2].GetProperty("output_data").GetProperty("data")[0].Number("parent_id"));

        string Name(string door) => $"{door}.{atomic}.{continueOnError}";

        string Body(string door, bool withFailures)
        {
            var operations = new List<object>
            {
                new { id = "p", entity = "node", action = "create", store_params = new { name = $"{Name(door)}-p" } },
                new { entity = "node", action = "create", store_params = new { name = $"{Name(door)}-1" } },
                new { id = "c", entity = "node", action = "create", store_params = new { name = $"{Name(door)}-c", parent_id = "$ref:p.node_id" } },
            };
            if (withFailures)
            {
                operations.Add(new { id = "bad", entity = "node", action = "create", store_params = new { name = $"{Name(door)}-p" } });
                operations.Add(new { entity = "node", action = "create", store_params = new { name = $"{Name(door)}-x", parent_id = "$ref:bad.node_id" } });
                operations.Add(new { entity = "node", action = "update", query_params = new { name = "nobody" }, store_params = new { name = "somebody" } });
                operations.Add(new { entity = "node", action = "create", store_params = new { name = $"{Name(door)}-last" } });
            }

            return JsonSerializer.Serialize(new { operations, options = new { atomic, continueOnError } });
        }
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Attestations_have_the_same_outcomes_in_one_call_as_a_stream_and_as_a_job(string mode)
    {
        var caller = fixture.DefaultCaller;
        var outcomes = new List<string>
        {
            OutcomesOf(await caller.PostAsync("/attestations/batch", Body("now"))),
            OutcomesOf(await caller.PostAsync($"/attestations/stream?mode={mode}", Lines("stream"), RowsClient.Ndjson)),
            await JobAsync(caller, await caller.PostAsync("/attestations/batch", Body("later"), RowsClient.Json, s_later)),
            await JobAsync(caller, await caller.PostAsync($"/attestations/stream?mode={mode}", Lines("later2"), RowsClient.Ndjson, s_later)),
            await JobAsync(caller, await caller.SubmitAsync(new { job_type = "attestations", items = Commands("job"), options = new { mode } })),
        };

        Assert.Contains("failed:", outcomes[0], StringComparison.Ordinal);
        Assert.All(outcomes, outcome => Assert.Equal(outcomes[0], outcome));
        foreach (var door in new[] { "now", "stream", "later", "later2", "job" })
        {
            Assert.Equal(mode == "atomic" ? 0 : 11, await fixture.NumberAsync($"SELECT count(*) FROM batch.attestation WHERE source = '{mode}-{door}'"));
        }

        string Body(string door) => JsonSerializer.Serialize(new { commands = Commands(door), mode });

        string Lines(string door) => RowsClient.Lines(Commands(door));

        IEnumerable<object> Commands(string door) => Enumerable.Range(0, 14).Select(number => number switch
        {
            2 => new { subjects = Array.Empty<string>(), source = $"{mode}-{door}" },
            7 => new { subjects = new[] { "s" }, surprise = 1 },
            11 => (object)new { predicates = new[] { "p" } },
            _ => new { subjects = new[] { $"s-{number}" }, source = $"{mode}-{door}" },
        });
    }

    [Fact]
    public async Task What_is_wrong_with_the_call_is_told_now_with_its_own_pointers()
    {
        var caller = fixture.DefaultCaller;
        var operations = await caller.PostAsync(
            "/batch", """{"operations":[{"entity":"node","action":"create","depends_on":["ghost"]}]}""", RowsClient.Json, s_later);
        var dry = await caller.PostAsync(
            "/batch", """{"operations":[{"entity":"node","action":"read"}],"options":{"validateOnly":"static"}}""", RowsClient.Json, s_later);
        var rows = await caller.PostAsync("/entities/ghost/batch", """{"action":"create","items":[{}]}""", RowsClient.Json, s_later);
        var job = await caller.SubmitAsync(JobsCaller.Rows("ghost", [new { a = 1 }]));
        var keyless = await caller.PostAsync("/entities/word/batch", """{"action":"update","items":[{}]}""", RowsClient.Json, s_later);

        Assert.Equal((400, "DEPENDENCY_UNKNOWN", "/operations/0/depends_on/0"), Told(operations));
        Assert.Equal((400, "FIELD_INVALID", "/options/validateOnly"), Told(dry));
        Assert.Equal((404, "ENTITY_UNKNOWN", null), Told(rows));
        Assert.Equal((404, "ENTITY_UNKNOWN", "/options/entity"), Told(job));
        Assert.Equal((400, "ACTION_INVALID", "/action"), Told(keyless));

        static (int, string?, string?) Told(RowsAnswer answer) => (
            (int)answer.Status,
            answer.Code,
            answer.Root.TryGetProperty("errors", out var errors) && errors[0].TryGetProperty("pointer", out var pointer) ? pointer.GetString() : null);
    }

    [Fact]
    public async Task What_is_wrong_with_operations_is_told_once_as_without_the_preference()
    {
        const string Body = """
            {"operations":[{"entity":"node"},{"id":"a","entity":"node","action":"zork","depends_on":["ghost"]},{"entity":"node","action":"read","surprise":1}],"more":1}
            """;
        var now = await fixture.DefaultCaller.PostAsync("/batch", Body);
        var later = await fixture.DefaultCaller.PostAsync("/batch", Body, RowsClient.Json, s_later);

        Assert.Equal(now.Status, later.Status);
        Assert.Equal(now.Root.GetProperty("errors").GetRawText(), later.Root.GetProperty("errors").GetRawText());
    }

    [Theory]
    [InlineData("/attestations/batch", """{"commands":[]}""", RowsClient.Json)]
    [InlineData("/attestations/batch/delete", """{"ids":[]}""", RowsClient.Json)]
    [InlineData("/attestations/stream", "\n", RowsClient.Ndjson)]
    [InlineData("/frames/batch", """{"frames":[]}""", RowsClient.Json)]
    public async Task Nothing_to_do_is_done_at_once(string path, string body, string kind)
    {
        var now = await fixture.DefaultCaller.PostAsync(path, body, kind);
        var later = await fixture.DefaultCaller.PostAsync(path, body, kind, s_later);

        Assert.Equal((HttpStatusCode.OK, now.Text, null), (later.Status, later.Text, later.Header("Preference-Applied")));
    }

    [Fact]
    public async Task A_job_without_items_is_refused()
    {
        var answer = await fixture.DefaultCaller.SubmitAsync(new { job_type = "attestations", items = Array.Empty<object>() });

        Assert.Equal((400, "BATCH_EMPTY"), ((int)answer.Status, answer.Code));
    }

    [Fact]
    public async Task What_an_atomic_job_took_back_or_did_not_come_to_says_so()
    {
        var caller = fixture.NewCaller();
        object[] items = [new { text = "back-1" }, new { text = "" }, new { text = "back-3" }];
        var first = await caller.RanAsync(JobsCaller.Rows("word", items, new { entity = "word", action = "create", atomic = true, continueOnError = false }));
        var all = await caller.RanAsync(JobsCaller.Rows("word", items, new { entity = "word", action = "create", atomic = true, continueOnError = true }));

        Assert.Equal("skipped:ROLLED_BACK failed:CHECK_VIOLATION skipped:NOT_EXECUTED", await caller.OutcomesAsync(first));
        Assert.Equal("skipped:ROLLED_BACK failed:CHECK_VIOLATION skipped:ROLLED_BACK", await caller.OutcomesAsync(all));
        Assert.Equal(["Rolled back", "Not executed"], (await caller.ItemsAsync(first, "?status=skipped")).Select(item => item.Text("error_message")));
        Assert.Equal((0, 1, 2, 0), (await caller.StatusAsync(first)).Counts());
    }

    [Fact]
    public async Task Rights_that_were_taken_away_meanwhile_fail_every_item_and_nothing_is_written()
    {
        const int Gate = 501;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var busy = await caller.AcceptedAsync(JobsCaller.Rows("gated", Enumerable.Range(0, 20).Select(_ => new { gated_id = 1, gate = Gate })));
        await RowsWait.UntilAsync(async () =>
            await fixture.NumberAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted") == 2);
        var rows = await caller.AcceptedAsync(JobsCaller.Rows("word", Enumerable.Range(0, 12).Select(number => new { text = $"right-{number}" })));
        var operations = await caller.AcceptedAsync(new { job_type = "operations", items = new[] { new { entity = "word", action = "create", store_params = new { text = "right-o" } } } });
        var attestations = await caller.AcceptedAsync(new { job_type = "attestations", items = new[] { new { subjects = new[] { "s" }, source = "right" } } });
        await fixture.ExecuteAsync($"UPDATE batch.job SET caller_json = jsonb_set(caller_json, '{{Scopes}}', '[]') WHERE caller = '{caller.User}'");
        await gate.OpenAsync();
        await caller.EndAsync(busy);

        foreach (var (id, count) in new[] { (rows, 12), (operations, 1), (attestations, 1) })
        {
            var job = await caller.EndAsync(id);
            Assert.Equal(("completed", (0, count, 0, 0)), (job.Text("status"), job.Counts()));
            Assert.All(await caller.ItemsAsync(id), item => Assert.Equal("PERMISSION_DENIED", item.Text("error_code")));
        }

        Assert.Equal(0, await fixture.NumberAsync("SELECT (SELECT count(*) FROM word WHERE text LIKE 'right-%') + (SELECT count(*) FROM batch.attestation WHERE source = 'right')"));
    }

    private static object Row(string code, string taken, string former, int kind) => kind switch
    {
        14 when former != "own" => new { code = former },
        0 => new { code, quantity = -1 },
        1 => new { code = taken },
        2 => new { code, quantity = "many" },
        3 => new { quantity = 1 },
        4 => new { code, surprise = 1 },
        5 => new { code = (string?)null },
        6 => 17,
        _ => new { code, quantity = kind },
    };

    private static async Task<string> JobAsync(JobsCaller caller, RowsAnswer accepted)
    {
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        var id = JobsCaller.IdOf(accepted);
        await caller.EndAsync(id);
        return await caller.OutcomesAsync(id);
    }

    private static string OutcomesOf(RowsAnswer answer) => string.Join(' ', answer.Results.Select(Outcome));

    private static string Outcome(JsonElement result) => result.GetProperty("status").GetString() switch
    {
        "completed" => "success",
        "failed" => $"failed:{result.GetProperty("code").GetString()}",
        "skipped" => "skipped:DEPENDENCY_FAILED",
        _ => $"skipped:{result.GetProperty("code").GetString()}",
    };
}
