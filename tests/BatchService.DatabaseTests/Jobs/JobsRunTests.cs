using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>How jobs run: modes, resumption, poison.</summary>
public sealed class JobsRunTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task Every_item_has_one_effect_and_the_failing_ones_their_own_error()
    {
        var caller = fixture.NewCaller();
        var bad = new[] { 0, 7, 500, 999, 1_000, 1_001, 2_345 };
        var items = Enumerable.Range(0, 2_346).Select(number => new { text = bad.Contains(number) ? "" : $"effect-{number}" });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("word", items));
        var processed = new List<int>();
        JsonElement job;
        do
        {
            job = await caller.StatusAsync(id);
            processed.Add(job.Number("processed_items"));
            Assert.Equal(processed[^1], job.Number("success_items") + job.Number("failed_items") + job.Number("skipped_items"));
            Assert.InRange(job.GetProperty("progress_percent").GetDouble(), 0, 100);
            Assert.True(job.GetProperty("eta_seconds") is not { ValueKind: JsonValueKind.Number } eta || eta.GetDouble() >= 0);
        }
        while (job.Text("status") is "pending" or "processing");

        Assert.Equal(processed.Order(), processed);
        Assert.Equal((2_339, 7, 0, 0), job.Counts());
        Assert.Equal(bad, (await caller.ItemsAsync(id, "?status=failed")).Select(item => item.Number("item_index")));
        Assert.All(await caller.ItemsAsync(id, "?status=failed"), item => Assert.Equal("CHECK_VIOLATION", item.Text("error_code")));
        Assert.Equal(2_339, await fixture.NumberAsync("SELECT count(*) FROM word WHERE text LIKE 'effect-%'"));
        Assert.Equal(2_339, await fixture.NumberAsync("SELECT count(DISTINCT text) FROM word WHERE text LIKE 'effect-%'"));
    }

    [Fact]
    public async Task A_failure_stops_a_job_that_is_not_to_continue_and_the_rest_reads_skipped()
    {
        var caller = fixture.NewCaller();
        var items = Enumerable.Range(0, 25).Select(number => new { text = number == 13 ? "" : $"halt-{number}" });
        var id = await caller.RanAsync(JobsCaller.Rows("word", items, new { entity = "word", action = "create", continueOnError = false }));
        await AssertHaltedAsync(caller, id);

        // The worker may be lost after its last transaction: who takes over does not go on behind the failure.
        await LoseWorkerAsync(id);
        await caller.EndAsync(id);
        await AssertHaltedAsync(caller, id);
    }

    [Theory]
    [InlineData("rows", false)]
    [InlineData("rows", true)]
    [InlineData("operations", false)]
    [InlineData("operations", true)]
    [InlineData("attestations", true)]
    public async Task An_atomic_job_writes_nothing_when_an_item_fails_also_after_its_worker_was_lost(string type, bool continueOnError)
    {
        var caller = fixture.NewCaller();
        var name = $"none-{type}-{continueOnError}";
        var items = Enumerable.Range(0, 25).Select(number => Item(type, name, number, number is 13 or 20)).ToList();
        object options = type == "attestations" ? new { mode = "atomic" } : OptionsOf(type, atomic: true, continueOnError);
        var id = await caller.RanAsync(new { job_type = type, items, options });
        await AssertNothingAsync();
        await LoseWorkerAsync(id);
        await caller.EndAsync(id);
        await AssertNothingAsync();

        async Task AssertNothingAsync()
        {
            var job = await caller.StatusAsync(id);
            var failed = (await caller.ItemsAsync(id, "?status=failed")).Select(item => item.Number("item_index"));
            Assert.Equal(continueOnError ? [13, 20] : [13], failed);
            Assert.Equal((0, continueOnError ? 2 : 1, continueOnError ? 23 : 24, 0), job.Counts());
            Assert.Equal("completed", job.Text("status"));
            Assert.Equal(0, await fixture.NumberAsync($"SELECT (SELECT count(*) FROM word WHERE text LIKE '{name}%') + (SELECT count(*) FROM batch.attestation WHERE source = '{name}')"));
        }
    }

    [Fact]
    public async Task An_atomic_job_is_seen_whole_or_not_at_all()
    {
        const int Gate = 401;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var items = Enumerable.Range(0, 35).Select(number => new { gated_id = 4_000 + number, gate = number == 34 ? Gate : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items, new { entity = "gated", action = "create", atomic = true }));
        await fixture.UntilSomeoneWaitsAsync(Gate);

        Assert.Equal(0, await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id >= 4000"));
        Assert.Equal(0, (await caller.StatusAsync(id)).Number("processed_items"));
        await gate.OpenAsync();
        Assert.Equal((35, 0, 0, 0), (await caller.EndAsync(id)).Counts());
        Assert.Equal(35, await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id >= 4000"));
    }

    [Theory]
    [InlineData("rows")]
    [InlineData("operations")]
    [InlineData("attestations")]
    public async Task Who_takes_over_from_a_lost_worker_writes_nothing_twice(string type)
    {
        var caller = fixture.NewCaller();
        var name = $"twice-{type}";
        var items = Enumerable.Range(0, 25).Select(number => Item(type, name, number, number is 3 or 13)).ToList();
        var id = await caller.RanAsync(new { job_type = type, items, options = type == "attestations" ? new { } : OptionsOf(type, false, true) });
        var before = await caller.OutcomesAsync(id);
        var ids = await fixture.NumberAsync($"SELECT count(*) FROM (SELECT text FROM word WHERE text LIKE '{name}%' UNION ALL SELECT id FROM batch.attestation WHERE source = '{name}') AS t");

        // The failures were told after the last effects: as if the worker was lost in between, too.
        await fixture.ExecuteAsync($"""
            DELETE FROM batch.job_result WHERE batch_job_id = '{id}' AND failed_count > 0;
            UPDATE batch.job_part SET failed = 0, processed = success WHERE batch_job_id = '{id}';
            """);
        await LoseWorkerAsync(id);
        var job = await caller.EndAsync(id);

        Assert.Equal((23, 2, 0, 0), job.Counts());
        Assert.Equal(before, await caller.OutcomesAsync(id));
        Assert.Equal(23, ids);
        Assert.Equal(23, await fixture.NumberAsync($"SELECT count(*) FROM (SELECT text FROM word WHERE text LIKE '{name}%' UNION ALL SELECT id FROM batch.attestation WHERE source = '{name}') AS t"));
    }

    [Fact]
    public async Task Operations_that_refer_to_each_other_stay_together_and_find_results_of_an_earlier_worker()
    {
        var caller = fixture.NewCaller();
        var items = new List<object>();
        for (var group = 0; group < 12; group++)
        {
            items.Add(new { id = $"p{group}", entity = "node", action = "create", store_params = new { name = $"parent-{group}" } });
            items.Add(new { entity = "node", action = "create", store_params = new { name = $"child-{group}-a", parent_id = $"$ref:p{group}.node_id" } });
            items.Add(new { entity = "node", action = "create", store_params = new { name = $"child-{group}-b", parent_id = $"$ref:p{group}.node_id" } });
        }

        var id = await caller.RanAsync(new { job_type = "operations", items });
        Assert.Equal((36, 0, 0, 0), (await caller.StatusAsync(id)).Counts());
        Assert.Equal(24, await fixture.NumberAsync("SELECT count(*) FROM node AS c JOIN node AS p ON p.node_id = c.parent_id AND p.name = regexp_replace(c.name, 'child-(\\d+)-.', 'parent-\\1')"));

        // As if the children had not been written: a new worker has the parents' results from the old one.
        await fixture.ExecuteAsync("DELETE FROM node WHERE name LIKE 'child-%'");
        await KeepOnlyResultsAsync(id, line => JsonElement.Parse(line).GetProperty("o").GetProperty("data")[0].Text("name")!.StartsWith("parent-", StringComparison.Ordinal));
        await LoseWorkerAsync(id);
        Assert.Equal((36, 0, 0, 0), (await caller.EndAsync(id)).Counts());
        Assert.Equal(12, await fixture.NumberAsync("SELECT count(*) FROM node WHERE name LIKE 'parent-%'"));
        Assert.Equal(24, await fixture.NumberAsync("SELECT count(*) FROM node AS c JOIN node AS p ON p.node_id = c.parent_id AND p.name = regexp_replace(c.name, 'child-(\\d+)-.', 'parent-\\1')"));
    }

    [Fact]
    public async Task What_depends_on_a_failed_operation_is_skipped_with_the_reason()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(new
        {
            job_type = "operations",
            items = new object[]
            {
                new { id = "a", entity = "word", action = "create", store_params = new { text = "" } },
                new { id = "b", entity = "word", action = "create", store_params = new { text = "dep-b" }, depends_on = new[] { "a" } },
                new { id = "c", entity = "word", action = "create", store_params = new { text = "dep-c" } },
            },
        });

        Assert.Equal("failed:CHECK_VIOLATION skipped:DEPENDENCY_FAILED success", await caller.OutcomesAsync(id));
        Assert.Equal((1, 1, 1, 0), (await caller.StatusAsync(id)).Counts());
        Assert.Equal("Dependency failed", (await caller.ItemsAsync(id))[1].Text("error_message"));
    }

    [Fact]
    public async Task A_job_whose_workers_are_lost_three_times_is_given_up()
    {
        const int Gate = 402;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var items = Enumerable.Range(0, 15).Select(number => new { gated_id = 4_100 + number, gate = number == 12 ? Gate : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        for (var lost = 0; lost < 3; lost++)
        {
            await RowsWait.UntilAsync(async () => await fixture.NumberAsync(
                $"SELECT count(*) FROM batch.job_part WHERE batch_job_id = '{id}' AND part = 1 AND status = 'running' AND lost = {lost}") == 1);
            await fixture.UntilSomeoneWaitsAsync(Gate);
            // The session goes, and with it the lease: what is left of a worker that was killed.
            await fixture.ExecuteAsync($"""
                SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted;
                """);
            await RowsWait.UntilAsync(() => TakeLeaseAwayAsync(id, lost));
        }

        var job = await caller.EndAsync(id);
        Assert.Equal("failed", job.Text("status"));
        Assert.StartsWith("worker_lost", job.Text("error_message"), StringComparison.Ordinal);
        Assert.Equal((10, 0, 5, 0), job.Counts());
        await gate.OpenAsync();
        Assert.Equal(5, (await caller.ItemsAsync(id, "?status=skipped")).Count);
        Assert.Equal(10, await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id BETWEEN 4100 AND 4199"));
    }

    [Fact]
    public async Task A_table_that_was_dropped_meanwhile_fails_every_item()
    {
        var caller = fixture.NewCaller();
        const int Gate = 403;
        await using var gate = await fixture.ShutAsync(Gate);

        // Both workers are busy until the table is gone.
        var busy = await caller.AcceptedAsync(JobsCaller.Rows("gated", Enumerable.Range(0, 20).Select(_ => new { gated_id = 1, gate = Gate })));
        await RowsWait.UntilAsync(async () =>
            await fixture.NumberAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted") == 2);
        var rows = await caller.AcceptedAsync(JobsCaller.Rows("passing", Enumerable.Range(0, 12).Select(number => new { passing_id = number })));
        var operations = await caller.AcceptedAsync(new
        {
            job_type = "operations",
            items = Enumerable.Range(0, 12).Select(number => new { entity = number == 6 ? "word" : "passing", action = "create", store_params = number == 6 ? (object)new { text = "stays" } : new { passing_id = number } }),
        });
        await fixture.ExecuteAsync("DROP TABLE passing");
        await gate.OpenAsync();

        Assert.Equal((20, 0, 0, 0), (await caller.EndAsync(busy)).Counts());
        var ended = await caller.EndAsync(rows);
        Assert.Equal(("completed", (0, 12, 0, 0)), (ended.Text("status"), ended.Counts()));
        Assert.All(await caller.ItemsAsync(rows), item => Assert.Equal("ENTITY_UNKNOWN", item.Text("error_code")));
        Assert.Equal((1, 11, 0, 0), (await caller.EndAsync(operations)).Counts());
        Assert.Equal("success", (await caller.ItemsAsync(operations))[6].Text("status"));
    }

    /// <summary>As if the worker died at the end: its part is running, its lease is over, and the job has not ended.</summary>
    private Task LoseWorkerAsync(string id) => fixture.ExecuteAsync($"""
        UPDATE batch.job SET status = 'processing', completed_at = NULL, expires_at = NULL WHERE batch_job_id = '{id}';
        UPDATE batch.job_part SET status = 'running', lease_until = clock_timestamp() - interval '1 second', processed = success + failed, skipped = 0
        WHERE batch_job_id = '{id}';
        """);

    private async Task<bool> TakeLeaseAwayAsync(string id, int lost)
    {
        await fixture.ExecuteAsync($"""
            UPDATE batch.job_part SET status = 'running', fence = fence + 1, lost = {lost}, not_before = NULL, lease_until = clock_timestamp() - interval '1 second'
            WHERE batch_job_id = '{id}' AND part = 1 AND lost = {lost}
            """);
        return await fixture.NumberAsync($"""
            SELECT count(*) FROM batch.job AS j JOIN batch.job_part AS p USING (batch_job_id)
            WHERE batch_job_id = '{id}' AND part = 1 AND (p.lost = {lost + 1} OR j.status = 'failed')
            """) == 1;
    }

    private async Task KeepOnlyResultsAsync(string id, Func<string, bool> keeps)
    {
        var rows = new List<(Guid Id, int Part, byte[] Results)>();
        await using (var command = fixture.Database.CreateCommand($"SELECT id, part, results FROM batch.job_result WHERE batch_job_id = '{id}'"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                rows.Add((reader.GetGuid(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)));
            }
        }

        await fixture.ExecuteAsync($"UPDATE batch.job_part SET success = 0, processed = 0 WHERE batch_job_id = '{id}'");
        foreach (var (row, part, results) in rows)
        {
            var kept = System.Text.Encoding.UTF8.GetString(results).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(keeps).ToList();
            await using var update = fixture.Database.CreateCommand("UPDATE batch.job_result SET results = $2 WHERE id = $1");
            update.Parameters.Add(new Npgsql.NpgsqlParameter<Guid> { TypedValue = row });
            update.Parameters.Add(new Npgsql.NpgsqlParameter<byte[]> { TypedValue = System.Text.Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))) });
            await update.ExecuteNonQueryAsync();
            await fixture.ExecuteAsync($"UPDATE batch.job_part SET success = success + {kept.Count} WHERE batch_job_id = '{id}' AND part = {part}");
        }
    }

    private async Task AssertHaltedAsync(JobsCaller caller, string id)
    {
        Assert.Equal((13, 1, 11, 0), (await caller.StatusAsync(id)).Counts());
        Assert.Equal(
            string.Join(' ', [.. Enumerable.Repeat("success", 13), "failed:CHECK_VIOLATION", .. Enumerable.Repeat("skipped:NOT_EXECUTED", 11)]),
            await caller.OutcomesAsync(id));
        Assert.Equal(13, await fixture.NumberAsync("SELECT count(*) FROM word WHERE text LIKE 'halt-%'"));
    }

    private static object OptionsOf(string type, bool atomic, bool continueOnError) => type == "rows"
        ? new { entity = "word", action = "create", atomic, continueOnError }
        : new { atomic, continueOnError };

    private static object Item(string type, string name, int number, bool isBad) => type switch
    {
        "rows" => new { text = isBad ? "" : $"{name}-{number}" },
        "operations" => new { entity = "word", action = "create", store_params = new { text = isBad ? "" : $"{name}-{number}" } },
        _ => new { subjects = isBad ? [] : new[] { "s" }, source = name },
    };
}
