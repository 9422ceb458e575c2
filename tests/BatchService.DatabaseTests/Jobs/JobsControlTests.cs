using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

public sealed class JobsControlTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task Nothing_is_written_after_a_cancel_is_answered()
    {
        const int Gate = 301;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var items = Enumerable.Range(0, 35).Select(number => new { gated_id = 3_000 + number, gate = number is 15 or 25 ? Gate : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        await RowsWait.UntilAsync(async () => (await caller.StatusAsync(id)).Number("processed_items") == 10);
        await fixture.UntilSomeoneWaitsAsync(Gate);
        var answer = await caller.PostAsync($"/batch/jobs/{id}/cancel", "");
        var written = await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id >= 3000");
        await gate.OpenAsync();

        Assert.Equal((HttpStatusCode.OK, "canceled"), (answer.Status, answer.Root.Text("status")));
        Assert.Equal(10, written);
        Assert.Equal((10, 0, 0, 25), answer.Root.Counts());
        Assert.Equal(35, answer.Root.Number("processed_items"));
        Assert.Equal((35, 10), (answer.Root.GetProperty("result").Number("total"), answer.Root.GetProperty("result").Number("success")));

        // Another job runs to its end behind it: by then the workers have left the canceled one.
        await caller.RanAsync(JobsCaller.Rows("gated", Enumerable.Range(0, 30).Select(number => new { gated_id = number, gate = 0 })));
        await RowsWait.UntilAsync(async () => await fixture.NumberAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711") == 0);
        Assert.Equal(10, await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id >= 3000"));
        var statuses = (await caller.ItemsAsync(id)).GroupBy(item => item.Text("status")).ToDictionary(group => group.Key!, group => group.Count());
        Assert.Equal(new Dictionary<string, int> { ["success"] = 10, ["canceled"] = 25 }, statuses);
        Assert.Equal(answer.Root.Counts(), (await caller.StatusAsync(id)).Counts());
    }

    [Fact]
    public async Task Only_a_job_that_has_not_ended_can_be_canceled_and_only_an_ended_one_deleted_or_retried()
    {
        const int Gate = 302;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", [new { gated_id = 1, gate = Gate }]));
        await fixture.UntilSomeoneWaitsAsync(Gate);
        var early = new[]
        {
            await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}"),
            await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}"""),
        };
        await caller.PostAsync($"/batch/jobs/{id}/cancel", "");
        var late = await caller.PostAsync($"/batch/jobs/{id}/cancel", "");

        Assert.All(early.Append(late), answer => Assert.Equal((409, "JOB_STATE_CONFLICT"), ((int)answer.Status, answer.Code)));
        Assert.Equal("canceled", (await caller.StatusAsync(id)).Text("status"));
    }

    [Fact]
    public async Task A_cancel_with_a_key_is_answered_again_as_it_was()
    {
        const int Gate = 303;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", [new { gated_id = 1, gate = Gate }]));
        await fixture.UntilSomeoneWaitsAsync(Gate);
        var refused = new[]
        {
            await caller.PostAsync(Cancel(), """{"reason":"none"}"""),
            await caller.PostAsync(Cancel(), "nonsense"),
            await caller.PostAsync(Cancel(), "[]"),
            await caller.PostAsync(Cancel(), "{}", RowsClient.Json, ("Idempotency-Key", new string('k', 256))),
        };
        Assert.Equal(
            ["400 FIELD_UNKNOWN", "400 MALFORMED_JSON", "400 FIELD_INVALID", "400 FIELD_INVALID"],
            refused.Select(answer => $"{(int)answer.Status} {answer.Code}"));
        Assert.Equal("processing", (await caller.StatusAsync(id)).Text("status"));

        var first = await caller.PostAsync(Cancel(), "{}", RowsClient.Json, ("Idempotency-Key", "cancel"));
        var again = await caller.PostAsync(Cancel(), "{}", RowsClient.Json, ("Idempotency-Key", "cancel"));
        var late = await caller.SendAsync(HttpMethod.Post, Cancel());

        Assert.Equal((HttpStatusCode.OK, "canceled", null), (first.Status, first.Root.Text("status"), first.Header("Idempotent-Replayed")));
        Assert.Equal((HttpStatusCode.OK, first.Text, "true"), (again.Status, again.Text, again.Header("Idempotent-Replayed")));
        Assert.Equal((409, "JOB_STATE_CONFLICT"), ((int)late.Status, late.Code));

        string Cancel() => $"/batch/jobs/{id}/cancel";
    }

    [Fact]
    public async Task A_retry_looks_at_its_key_before_it_looks_at_the_job()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "" }]));
        var first = await RetryAsync("failed");
        var other = await RetryAsync("unprocessed");
        await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}");
        var again = await RetryAsync("failed");

        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), ((int)other.Status, other.Code));
        Assert.Equal((JobsCaller.IdOf(first), "true"), (JobsCaller.IdOf(again), again.Header("Idempotent-Replayed")));
        Assert.Equal(404, (int)(await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""")).Status);

        Task<RowsAnswer> RetryAsync(string only) =>
            caller.PostAsync($"/batch/jobs/{id}/retry", $$"""{"only":"{{only}}"}""", RowsClient.Json, ("Idempotency-Key", "before"));
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("retry")]
    public async Task The_document_shows_the_key_of_what_writes(string call)
    {
        var document = JsonElement.Parse(await fixture.Client.GetStringAsync("/openapi/v1.json"));
        var parameters = document.GetProperty("paths").GetProperty($"/batch/jobs/{{id}}/{call}").GetProperty("post").GetProperty("parameters");

        Assert.Contains("Idempotency-Key", parameters.EnumerateArray().Select(parameter => parameter.Text("name")));
    }

    [Fact]
    public async Task A_deleted_job_is_gone_with_all_that_was_kept_of_it()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "deleted" }]));
        var answer = await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}");

        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.Status, answer.Text));
        Assert.Equal(404, (int)(await caller.GetAsync($"/batch/jobs/{id}")).Status);
        Assert.Equal(404, (int)(await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}")).Status);
        foreach (var table in new[] { "job", "job_part", "job_input", "job_result" })
        {
            Assert.Equal(0, await fixture.NumberAsync($"SELECT count(*) FROM batch.{table} WHERE batch_job_id = '{id}'"));
        }

        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM word WHERE text = 'deleted'"));
    }

    [Fact]
    public async Task A_delete_with_a_key_is_answered_again_as_it_was()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "deleted-twice" }]));
        var first = await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}", headers: ("Idempotency-Key", "delete"));
        var again = await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}", headers: ("Idempotency-Key", "delete"));
        var other = await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}", headers: ("Idempotency-Key", "another"));

        Assert.Equal((204, null), ((int)first.Status, first.Header("Idempotent-Replayed")));
        Assert.Equal((204, "true"), ((int)again.Status, again.Header("Idempotent-Replayed")));
        Assert.Equal(404, (int)other.Status);
    }

    [Fact]
    public async Task A_retry_makes_no_job_when_its_time_is_over()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "" }]));
        var late = await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""", RowsClient.Json, ("Prefer", "wait=0"));
        var soon = await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""", RowsClient.Json, ("Prefer", "wait=20"));

        Assert.Equal((504, "DEADLINE_EXCEEDED"), ((int)late.Status, late.Code));
        Assert.Equal((202, "wait=20"), ((int)soon.Status, soon.Header("Preference-Applied")));
        Assert.Equal(2, await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE caller = '{caller.User}'"));
    }

    [Theory]
    [InlineData(RowsClient.Json)]
    [InlineData(RowsClient.Csv)]
    public async Task A_retry_is_a_linked_job_of_the_failed_items_alone(string kind)
    {
        var name = kind == RowsClient.Csv ? "rc" : "rj";
        var caller = fixture.NewCaller();
        await fixture.ExecuteAsync($"INSERT INTO item (code) VALUES ('{name}-5'), ('{name}-20')");
        var id = kind == RowsClient.Csv
            ? JobsCaller.IdOf(await caller.PostAsync(
                "/batch/jobs?job_type=rows&entity=item&action=create",
                "code,note\n" + string.Concat(Enumerable.Range(0, 25).Select(number => $"{name}-{number},{(number % 2 == 0 ? "\"\"" : "")}\n")),
                kind))
            : await caller.AcceptedAsync(new
            {
                job_type = "rows",
                items = Enumerable.Range(0, 25).Select(number => new { code = $"{name}-{number}", note = number % 2 == 0 ? "" : null }),
                options = new { entity = "item", action = "create" },
                metadata = new { round = 1 },
            });
        await caller.EndAsync(id);
        await fixture.ExecuteAsync($"DELETE FROM item WHERE code IN ('{name}-5', '{name}-20')");
        var accepted = await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""", RowsClient.Json, ("Idempotency-Key", "retry"));
        var again = await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""", RowsClient.Json, ("Idempotency-Key", "retry"));
        var retry = JobsCaller.IdOf(accepted);
        var job = await caller.EndAsync(retry);

        Assert.Equal(retry, JobsCaller.IdOf(again));
        Assert.Equal(2, accepted.Root.Number("total_items"));
        Assert.Equal(id, job.Text("retry_of"));
        Assert.True(JsonElement.DeepEquals((await caller.StatusAsync(id)).GetProperty("metadata"), job.GetProperty("metadata")));
        Assert.Equal("success success", await caller.OutcomesAsync(retry));
        Assert.Equal([$"{name}-5", $"{name}-20"], (await caller.ItemsAsync(retry)).Select(item => item.GetProperty("input_data").Text("code")));
        Assert.Equal(25, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE code LIKE '{name}-%'"));
        Assert.Equal(12, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE code LIKE '{name}-%' AND note IS NULL"));
        var none = await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"unprocessed"}""");
        Assert.Equal((409, "JOB_STATE_CONFLICT"), ((int)none.Status, none.Code));
    }

    [Fact]
    public async Task A_retry_of_the_unprocessed_goes_on_where_a_cancel_or_a_failure_stopped()
    {
        var caller = fixture.NewCaller();
        var items = Enumerable.Range(0, 30).Select(number => new { text = number == 12 ? "" : $"stop-{number}" });
        var id = await caller.RanAsync(JobsCaller.Rows("word", items, new { entity = "word", action = "create", continueOnError = false }));
        Assert.Equal((12, 1, 17, 0), (await caller.StatusAsync(id)).Counts());
        var retry = JobsCaller.IdOf(await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"unprocessed"}"""));

        Assert.Equal((17, 0, 0, 0), (await caller.EndAsync(retry)).Counts());
        Assert.Equal(29, await fixture.NumberAsync("SELECT count(DISTINCT text) FROM word WHERE text LIKE 'stop-%'"));
        Assert.Equal(29, await fixture.NumberAsync("SELECT count(*) FROM word WHERE text LIKE 'stop-%'"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"only":"all"}""")]
    [InlineData("""{"only":"failed","extra":1}""")]
    [InlineData("nonsense")]
    public async Task A_retry_must_say_of_what(string body)
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "" }]));

        Assert.Equal(HttpStatusCode.BadRequest, (await caller.PostAsync($"/batch/jobs/{id}/retry", body)).Status);
    }

    [Fact]
    public async Task Jobs_of_others_and_of_nobody_are_404_everywhere()
    {
        var owner = fixture.NewCaller();
        var other = fixture.NewCaller();
        var id = await owner.RanAsync(JobsCaller.Rows("word", [new { text = "" }]));
        var answers = new List<RowsAnswer>();
        foreach (var unknown in new[] { id, Guid.CreateVersion7().ToString(), "nonsense" })
        {
            foreach (var rest in new[] { "", "/items", "/results", "/events" })
            {
                answers.Add(await other.GetAsync($"/batch/jobs/{unknown}{rest}"));
            }

            answers.Add(await other.PostAsync($"/batch/jobs/{unknown}/cancel", ""));
            answers.Add(await other.PostAsync($"/batch/jobs/{unknown}/retry", """{"only":"failed"}"""));
            answers.Add(await other.SendAsync(HttpMethod.Delete, $"/batch/jobs/{unknown}"));
        }

        Assert.All(answers, answer => Assert.Equal((404, "NOT_FOUND"), ((int)answer.Status, answer.Code)));
        Assert.Single(answers.Select(answer => answer.Root.Text("detail")).Distinct());
        Assert.Equal("completed", (await owner.StatusAsync(id)).Text("status"));
    }

    [Fact]
    public async Task An_expired_job_is_410_is_pruned_and_in_the_end_forgotten()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "" }]));
        await fixture.ExecuteAsync($"UPDATE batch.job SET expires_at = clock_timestamp() - interval '1 second' WHERE batch_job_id = '{id}'");
        foreach (var rest in new[] { "", "/items", "/results", "/events" })
        {
            Assert.Equal((410, "JOB_EXPIRED"), await CodeAsync(rest));
        }

        Assert.Equal(410, (int)(await caller.PostAsync($"/batch/jobs/{id}/retry", """{"only":"failed"}""")).Status);
        Assert.Equal(0, (await caller.GetAsync("/batch/jobs")).Root.GetProperty("jobs").GetArrayLength());
        await RowsWait.UntilAsync(async () => await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE batch_job_id = '{id}' AND is_pruned") == 1);
        foreach (var table in new[] { "job_part", "job_input", "job_result" })
        {
            Assert.Equal(0, await fixture.NumberAsync($"SELECT count(*) FROM batch.{table} WHERE batch_job_id = '{id}'"));
        }

        Assert.Equal((410, "JOB_EXPIRED"), await CodeAsync(""));
        await fixture.ExecuteAsync($"UPDATE batch.job SET expires_at = clock_timestamp() - interval '31 days' WHERE batch_job_id = '{id}'");
        await RowsWait.UntilAsync(async () => await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE batch_job_id = '{id}'") == 0);
        Assert.Equal((404, "NOT_FOUND"), await CodeAsync(""));

        async Task<(int, string?)> CodeAsync(string rest)
        {
            var answer = await caller.GetAsync($"/batch/jobs/{id}{rest}");
            return ((int)answer.Status, answer.Code);
        }
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("canceled")]
    [InlineData("failed")]
    public async Task The_end_of_a_job_is_told_to_its_callback(string status)
    {
        var gateNumber = 310 + status.Length;
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(gateNumber);
        var id = await caller.AcceptedAsync(new
        {
            job_type = "rows",
            items = new[] { new { gated_id = 1, gate = gateNumber } },
            options = new { entity = "gated", action = "create" },
            callback_url = receiver.Url,
        });
        await fixture.UntilSomeoneWaitsAsync(gateNumber);
        if (status == "canceled")
        {
            await caller.PostAsync($"/batch/jobs/{id}/cancel", "");
        }
        else if (status == "failed")
        {
            // As if two workers were lost before this one, which is about to be the third.
            await gate.OpenAsync();
            await caller.EndAsync(id);
            _ = await receiver.NextAsync();
            await fixture.ExecuteAsync($"""
                UPDATE batch.job SET status = 'processing', completed_at = NULL, expires_at = NULL WHERE batch_job_id = '{id}';
                UPDATE batch.job_part SET status = 'running', lost = 2, lease_until = clock_timestamp() - interval '1 second', processed = 0, success = 0
                WHERE batch_job_id = '{id}';
                """);
        }

        await gate.OpenAsync();
        var webhook = await receiver.NextAsync();
        var body = JsonElement.Parse(webhook.Text);

        Assert.True(webhook.IsSignedWith(WebhookWorld.Secret));
        Assert.Equal($"job.{status}", body.Text("event"));
        Assert.Equal((id, status), (body.GetProperty("data").Text("batch_job_id"), body.GetProperty("data").Text("status")));
        Assert.True(JsonElement.DeepEquals((await caller.StatusAsync(id)).GetProperty("result"), body.GetProperty("data").GetProperty("result")));
    }
}
