using System.Net;
using System.Text;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

public sealed class JobsReadTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private const string UnknownId = "00000000-0000-7000-8000-000000000000";

    [Fact]
    public async Task Tells_how_a_job_stands_and_its_result_at_the_end()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("item", Items("tells", 25, bad: [3, 17])));
        var job = await caller.StatusAsync(id);

        Assert.Equal((id, "rows", "completed"), (job.Text("batch_job_id"), job.Text("job_type"), job.Text("status")));
        Assert.Equal((25, 25, 23, 2), (job.Number("total_items"), job.Number("processed_items"), job.Number("success_items"), job.Number("failed_items")));
        Assert.Equal((100.0, 0.0), (job.GetProperty("progress_percent").GetDouble(), job.GetProperty("eta_seconds").GetDouble()));
        var (created, started, completed) = (Time(job, "created_at"), Time(job, "started_at"), Time(job, "completed_at"));
        Assert.True(created <= started && started <= completed);
        Assert.Equal(TimeSpan.FromDays(7), Time(job, "expires_at") - completed);
        Assert.Equal(JsonValueKind.Null, job.GetProperty("error_message").ValueKind);
        var result = job.GetProperty("result");
        Assert.Equal(["total", "success", "failed", "success_rate", "total_time_ms", "avg_item_time_ms"], result.EnumerateObject().Select(field => field.Name));
        Assert.Equal((25, 23, 2), (result.Number("total"), result.Number("success"), result.Number("failed")));
        Assert.Equal(92.0, result.GetProperty("success_rate").GetDouble());
        Assert.Equal(Math.Floor((completed - started).TotalMilliseconds), result.GetProperty("total_time_ms").GetDouble(), 1.0);
        Assert.Equal((completed - started).TotalMilliseconds / 25, result.GetProperty("avg_item_time_ms").GetDouble(), 0.1);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    public async Task Answers_a_download_that_fails_before_its_first_item_by_a_problem(string format)
    {
        var caller = fixture.NewCaller();
        var id = JobsCaller.IdOf(await caller.PostAsync("/batch/jobs?job_type=rows&entity=item&action=create", $"code\naway-{format}\n", RowsClient.Csv));
        await caller.EndAsync(id);
        await fixture.ExecuteAsync("ALTER TABLE batch.job_input RENAME TO job_input_away");
        RowsAnswer answer;
        try
        {
            answer = await caller.GetAsync($"/batch/jobs/{id}/results?format={format}");
        }
        finally
        {
            await fixture.ExecuteAsync("ALTER TABLE batch.job_input_away RENAME TO job_input");
        }

        Assert.Equal((HttpStatusCode.InternalServerError, "application/problem+json", "INTERNAL"), (answer.Status, answer.MediaType, answer.Code));
    }

    [Fact]
    public async Task Says_pending_or_processing_and_no_result_before_the_end()
    {
        const int Gate = 201;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", [new { gated_id = 1, gate = Gate }]));
        await fixture.UntilSomeoneWaitsAsync(Gate);
        var job = await caller.StatusAsync(id);

        Assert.Equal("processing", job.Text("status"));
        Assert.All(["result", "completed_at", "expires_at", "eta_seconds"], name => Assert.Equal(JsonValueKind.Null, job.GetProperty(name).ValueKind));
        Assert.Equal((0, 0.0), (job.Number("processed_items"), job.GetProperty("progress_percent").GetDouble()));
        Assert.Equal("processing", await caller.OutcomesAsync(id));
        await gate.OpenAsync();
        await caller.EndAsync(id);
    }

    [Fact]
    public async Task Waits_for_the_end_only_as_long_as_it_is_asked_to()
    {
        const int Gate = 202;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", [new { gated_id = 2, gate = Gate }]));
        var early = await caller.GetAsync($"/batch/jobs/{id}", ("Prefer", "wait=1"));
        var waiting = caller.GetAsync($"/batch/jobs/{id}", ("Prefer", "wait=20"));
        await gate.OpenAsync();
        var late = await waiting;

        Assert.True(early.Root.Text("status") is "pending" or "processing", early.Text);
        Assert.Equal("completed", late.Root.Text("status"));
        Assert.Equal("wait=20", late.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Confirms_no_longer_a_wait_than_it_keeps()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "wait" }]));

        Assert.Equal("wait=60", (await caller.GetAsync($"/batch/jobs/{id}", ("Prefer", "wait=60"))).Header("Preference-Applied"));
        Assert.Equal("wait=60", (await caller.GetAsync($"/batch/jobs/{id}", ("Prefer", "wait=300"))).Header("Preference-Applied"));
    }

    [Fact]
    public async Task Lists_the_callers_own_jobs_newest_first_in_pages()
    {
        var caller = fixture.NewCaller();
        var ids = new List<string>();
        for (var number = 0; number < 5; number++)
        {
            ids.Add(await caller.RanAsync(number == 2
                ? new { job_type = "attestations", items = new[] { new { subjects = new[] { "s" } } } }
                : JobsCaller.Rows("word", [new { text = $"list-{number}" }])));
        }

        ids.Reverse();
        var all = await caller.GetAsync("/batch/jobs");
        Assert.Equal(ids, Ids(all));
        Assert.Equal(JsonValueKind.Null, all.Root.GetProperty("next_cursor").ValueKind);
        var first = await caller.GetAsync("/batch/jobs?limit=2");
        var second = await caller.GetAsync($"/batch/jobs?limit=2&cursor={first.Root.Text("next_cursor")}");
        var third = await caller.GetAsync($"/batch/jobs?limit=2&cursor={second.Root.Text("next_cursor")}");
        Assert.Equal([ids[..2], ids[2..4], ids[4..]], [Ids(first), Ids(second), Ids(third)]);
        Assert.Null(third.Root.Text("next_cursor"));
        Assert.Equal([ids[2]], Ids(await caller.GetAsync("/batch/jobs?job_type=attestations")));
        Assert.Equal(5, Ids(await caller.GetAsync("/batch/jobs?status=completed")).Count);
        Assert.Empty(Ids(await caller.GetAsync("/batch/jobs?status=canceled")));
        Assert.Empty(Ids(await fixture.NewCaller().GetAsync("/batch/jobs")));
    }

    [Theory]
    [InlineData("?status=nonsense")]
    [InlineData("?job_type=nonsense")]
    [InlineData("?cursor=nonsense")]
    [InlineData("?limit=0")]
    [InlineData("?limit=501")]
    [InlineData("?surprise=1")]
    [InlineData($"/{UnknownId}?surprise=1")]
    [InlineData($"/{UnknownId}/items?status=nonsense")]
    [InlineData($"/{UnknownId}/items?cursor=-1")]
    [InlineData($"/{UnknownId}/items?limit=0")]
    [InlineData($"/{UnknownId}/results?format=xml")]
    [InlineData($"/{UnknownId}/results?status=pending")]
    [InlineData($"/{UnknownId}/events?surprise=1")]
    public async Task Refuses_a_query_parameter_that_it_cannot_follow(string rest)
    {
        var answer = await fixture.NewCaller().GetAsync($"/batch/jobs{rest}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Fact]
    public async Task Names_the_types_that_jobs_can_have_to_who_asks_for_another()
    {
        var answer = await fixture.NewCaller().GetAsync("/batch/jobs?job_type=zork");

        Assert.Equal((400, "FIELD_INVALID"), ((int)answer.Status, answer.Code));
        Assert.Contains("attestation_delete, attestation_query, attestations, enrollment, entries, frames, operations, proof_lock, query, rows", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_items_by_index_in_pages_that_the_link_leads_through()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("item", Items("pages", 35, bad: [0, 9, 10, 34])));
        var all = await caller.ItemsAsync(id);

        Assert.Equal(Enumerable.Range(0, 35), all.Select(item => item.Number("item_index")));
        Assert.Equal([0, 9, 10, 34], (await caller.ItemsAsync(id, "?status=failed")).Select(item => item.Number("item_index")));
        Assert.Equal(31, (await caller.ItemsAsync(id, "?status=success")).Count);
        Assert.Empty(await caller.ItemsAsync(id, "?status=skipped"));
        var found = new List<int>();
        var path = $"/batch/jobs/{id}/items?status=success&limit=7";
        for (var pages = 0; path is not null; pages++)
        {
            var page = await fixture.Client.GetAsync(path + (path.Contains("user_id", StringComparison.Ordinal) ? "" : $"&user_id={caller.User}"));
            found.AddRange(JsonElement.Parse(await page.Content.ReadAsStringAsync()).EnumerateArray().Select(item => item.Number("item_index")));
            var link = page.Headers.TryGetValues("Link", out var links) ? links.Single() : null;
            Assert.True(pages < 5 && (link is null || link.EndsWith(">; rel=\"next\"", StringComparison.Ordinal)));
            path = link?[1..link.IndexOf('>', StringComparison.Ordinal)];
        }

        Assert.Equal(Enumerable.Range(0, 35).Except([0, 9, 10, 34]), found);
    }

    [Fact]
    public async Task Lists_fifty_items_where_nobody_asks_for_more()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", Enumerable.Range(0, 60).Select(number => new { text = $"fifty-{number}" })));
        var page = await caller.GetAsync($"/batch/jobs/{id}/items");

        Assert.Equal(Enumerable.Range(0, 50), page.Root.EnumerateArray().Select(item => item.Number("item_index")));
        Assert.Contains("cursor=49", page.Header("Link"), StringComparison.Ordinal);
        Assert.Equal(60, (await caller.ItemsAsync(id)).Count);
    }

    [Fact]
    public async Task Tells_of_each_item_what_went_in_and_what_came_of_it()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("item", [new { code = "each-1", quantity = 2 }, new { code = "each-2", quantity = -1 }]));
        var items = await caller.ItemsAsync(id);

        Assert.Equal(
            ["item_index", "status", "input_data", "output_data", "error_message", "error_code", "processed_at"],
            items[0].EnumerateObject().Select(field => field.Name));
        Assert.Equal("""{"code":"each-1","quantity":2}""", items[0].GetProperty("input_data").GetRawText());
        var row = items[0].GetProperty("output_data");
        Assert.Equal(("each-1", 2, "none"), (row.Text("code"), row.Number("quantity"), row.Text("note")));
        Assert.Equal(row.Number("item_id"), await fixture.NumberAsync("SELECT item_id FROM item WHERE code = 'each-1'"));
        Assert.Equal((null, null), (items[0].Text("error_message"), items[0].Text("error_code")));
        Assert.Equal(("failed", "CHECK_VIOLATION"), (items[1].Text("status"), items[1].Text("error_code")));
        Assert.NotEmpty(items[1].Text("error_message")!);
        Assert.Equal(JsonValueKind.Null, items[1].GetProperty("output_data").ValueKind);
        Assert.All(items, item => Assert.InRange(Time(item, "processed_at"), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5)));
    }

    [Fact]
    public async Task Downloads_results_as_lines_and_as_csv()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("item", Items("down", 12, bad: [4, 11])));
        var lines = await caller.GetAsync($"/batch/jobs/{id}/results");
        var failed = await caller.GetAsync($"/batch/jobs/{id}/results?status=failed");
        var success = await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=success");
        var unprocessed = await caller.GetAsync($"/batch/jobs/{id}/results?status=unprocessed");

        Assert.Equal(RowsClient.Ndjson, lines.MediaType);
        Assert.Equal((await caller.ItemsAsync(id)).Select(item => item.GetRawText()), lines.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal([4, 11], failed.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).Number("item_index")));
        Assert.Equal(RowsClient.Csv, success.MediaType);
        Assert.Equal("code,quantity,output_data", success.Text.Split("\r\n")[0]);
        Assert.Equal(12, success.Text.Split("\r\n").Length);
        Assert.Equal("", unprocessed.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_csv_imports_again_as_it_is_when_the_cause_is_gone(bool asJob)
    {
        var name = asJob ? "again-j" : "again-e";
        var caller = fixture.NewCaller();
        await fixture.ExecuteAsync($"INSERT INTO item (code) VALUES ('{name}-1')");
        const string Rows = "/batch/jobs?job_type=rows&entity=item&action=create";
        var body = $"code,quantity,note\r\n{name}-0,1,x\r\n{name}-1,2,\r\n{name}-2,3,\"\"\r\n{name}-3,-4,\"a,\"\"b\"\"\r\nc\"\r\n";
        var id = JobsCaller.IdOf(await caller.PostAsync(Rows, body, RowsClient.Csv));
        await caller.EndAsync(id);
        Assert.Equal("success failed:UNIQUE_VIOLATION success failed:CHECK_VIOLATION", await caller.OutcomesAsync(id));
        var download = await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=failed");
        Assert.Equal("code,quantity,note,error_code,error_message", download.Text.Split("\r\n")[0]);
        Assert.StartsWith($"{name}-1,2,,UNIQUE_VIOLATION,", download.Text.Split("\r\n")[1], StringComparison.Ordinal);

        // Not mended yet: it fails again, and its download has the columns once.
        var second = JobsCaller.IdOf(await caller.PostAsync(Rows, download.Text, RowsClient.Csv));
        await caller.EndAsync(second);
        Assert.Equal("failed:UNIQUE_VIOLATION failed:CHECK_VIOLATION", await caller.OutcomesAsync(second));
        Assert.Equal(download.Text, (await caller.GetAsync($"/batch/jobs/{second}/results?format=csv&status=failed")).Text);

        await fixture.ExecuteAsync($"DELETE FROM item WHERE code = '{name}-1'; ALTER TABLE item DROP CONSTRAINT item_quantity_check");
        try
        {
            if (asJob)
            {
                var third = JobsCaller.IdOf(await caller.PostAsync(Rows, download.Text, RowsClient.Csv));
                await caller.EndAsync(third);
                Assert.Equal("success success", await caller.OutcomesAsync(third));
            }
            else
            {
                var answer = await caller.PostAsync("/entities/item/batch?action=create", download.Text, RowsClient.Csv);
                Assert.Equal("completed completed", answer.Statuses);
            }
        }
        finally
        {
            await fixture.ExecuteAsync("ALTER TABLE item ADD CONSTRAINT item_quantity_check CHECK (quantity >= 0) NOT VALID");
        }

        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE code = '{name}-1' AND quantity = 2 AND note IS NULL"));
        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE code = '{name}-3' AND quantity = -4 AND note = E'a,\"b\"\\r\\nc'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_csv_leaves_alone_what_a_row_did_not_have(bool asJob)
    {
        var name = asJob ? "gap-j" : "gap-e";
        var caller = fixture.NewCaller();
        await fixture.ExecuteAsync($"INSERT INTO item (code, note, quantity) VALUES ('{name}-a', 'mine', 5), ('{name}-b', 'mine', 6), ('{name}-c', 'taken', 1), ('{name}-d', 'taken', 1)");
        var (a, b) = (await IdAsync("a"), await IdAsync("b"));
        var id = await caller.RanAsync(JobsCaller.Rows(
            "item",
            [new { item_id = a, code = $"{name}-c" }, new { item_id = b, code = $"{name}-d", note = "\\D", quantity = 7 }],
            new { entity = "item", action = "update" }));
        var download = (await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=failed")).Text;
        Assert.Equal("item_id,code,note,quantity,error_code,error_message", download.Split("\r\n")[0]);
        Assert.StartsWith($"{a},{name}-c,\\D,\\D,UNIQUE_VIOLATION,", download.Split("\r\n")[1], StringComparison.Ordinal);
        Assert.StartsWith($"{b},{name}-d,\"\\D\",7,UNIQUE_VIOLATION,", download.Split("\r\n")[2], StringComparison.Ordinal);

        // Not mended yet: the file of the file is the same, and its rows are told without what they do not have.
        var again = JobsCaller.IdOf(await caller.PostAsync("/batch/jobs?job_type=rows&entity=item&action=update", download, RowsClient.Csv));
        await caller.EndAsync(again);
        Assert.Equal(download, (await caller.GetAsync($"/batch/jobs/{again}/results?format=csv&status=failed")).Text);
        Assert.DoesNotContain("note", (await caller.ItemsAsync(again))[0].GetProperty("input_data").GetRawText(), StringComparison.Ordinal);

        await fixture.ExecuteAsync($"DELETE FROM item WHERE code IN ('{name}-c', '{name}-d')");
        if (asJob)
        {
            var retry = JobsCaller.IdOf(await caller.PostAsync($"/batch/jobs/{again}/retry", """{"only":"failed"}"""));
            await caller.EndAsync(retry);
            Assert.Equal("success success", await caller.OutcomesAsync(retry));
        }
        else
        {
            Assert.Equal("completed completed", (await caller.PostAsync("/entities/item/batch?action=update", download, RowsClient.Csv)).Statuses);
        }

        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE item_id = {a} AND code = '{name}-c' AND note = 'mine' AND quantity = 5"));
        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM item WHERE item_id = {b} AND code = '{name}-d' AND note = E'\\\\D' AND quantity = 7"));

        Task<long> IdAsync(string row) => fixture.NumberAsync($"SELECT item_id FROM item WHERE code = '{name}-{row}'");
    }

    [Fact]
    public async Task A_csv_without_any_column_is_empty()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "no column" }]));
        var answer = await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=unprocessed");

        Assert.Equal((HttpStatusCode.OK, RowsClient.Csv, ""), (answer.Status, answer.MediaType, answer.Text));
    }

    [Fact]
    public async Task Streams_events_of_progress_that_never_go_back_and_one_of_the_end()
    {
        const int Gate = 203;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var items = Enumerable.Range(0, 45).Select(number => new { gated_id = 300 + number, gate = number == 44 ? Gate : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        using var response = await fixture.Client.GetAsync($"/batch/jobs/{id}/events?user_id={caller.User}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        var events = new List<(string Name, JsonElement Job)>();
        string? name = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((name!, JsonElement.Parse(line[6..])));
                if (events[^1].Job.Number("processed_items") == 40)
                {
                    await gate.OpenAsync();
                }
            }
        }

        Assert.All(events.SkipLast(1), one => Assert.Equal("progress", one.Name));
        Assert.Contains(events, one => one is { Name: "progress" } && one.Job.Number("processed_items") == 40 && one.Job.GetProperty("eta_seconds").GetDouble() >= 0);
        var counts = events.Select(one => one.Job.Number("processed_items")).ToList();
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(("completed", "completed", 45), (events[^1].Name, events[^1].Job.Text("status"), counts[^1]));
    }

    private static IEnumerable<object> Items(string name, int count, int[] bad) =>
        Enumerable.Range(0, count).Select(number => new { code = $"{name}-{number}", quantity = bad.Contains(number) ? -1 : number });

    private static List<string> Ids(RowsAnswer page) =>
        [.. page.Root.GetProperty("jobs").EnumerateArray().Select(job => job.Text("batch_job_id")!)];

    private static DateTimeOffset Time(JsonElement json, string name) => json.GetProperty(name).GetDateTimeOffset();
}
