using System.Net;
using System.Text;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>A best-effort batch that was cut short half-way is finished by its repetition: every item has one effect.</summary>
public sealed class IdempotencyResumeTests(IdempotencyFixture fixture) : IClassFixture<IdempotencyFixture>, IAsyncLifetime
{
    private const string Path = "/entities/word/batch";

    private static readonly string Body = BodyOf(Enumerable.Range(0, 35).Select(index => index == 12 ? "" : $"w{index}"));

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("DELETE FROM batch.idempotency_key");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Goes_on_where_a_killed_process_stopped_and_replays_what_was_done()
    {
        await LeaveInterruptedAsync(chunks: 2, leaseSeconds: -1);

        var resumed = await fixture.Client.PostKeyedAsync(Path, "k", Body);
        var replayed = await fixture.Client.PostKeyedAsync(Path, "k", Body);

        Assert.Equal(HttpStatusCode.MultiStatus, resumed.Status);
        Assert.Equal((35, 34, 1, 0), resumed.Counts);
        Assert.Equal(
            Enumerable.Range(0, 35).Select(index => index == 12 ? "failed" : index < 20 ? "replayed" : "completed"),
            resumed.Results.Select(result => result.GetProperty("status").GetString()));
        Assert.Equal("12:CHECK_VIOLATION", resumed.Failures);
        Assert.Equal("w3", resumed.Results[3].GetProperty("data").GetProperty("text").GetString());
        await AssertOneEffectEachAsync();
        Assert.True(replayed.IsReplay());
        Assert.Equal(resumed.Text, replayed.Text);
        Assert.Equal(0, await fixture.CountAsync("batch.idempotency_part"));
    }

    [Fact]
    public async Task Tells_to_wait_while_the_lease_of_the_first_request_holds()
    {
        await LeaveInterruptedAsync(chunks: 2, leaseSeconds: 60);

        var answer = await fixture.Client.PostKeyedAsync(Path, "k", Body);

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal("IDEMPOTENCY_IN_PROGRESS", answer.Code);
        Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
        Assert.NotNull(answer.Header("Retry-After"));
        Assert.Equal(19, await fixture.CountAsync("word"));
    }

    [Fact]
    public async Task Refuses_another_body_for_an_interrupted_key_also_when_its_lease_has_run_out()
    {
        await LeaveInterruptedAsync(chunks: 2, leaseSeconds: -1);

        var answer = await fixture.Client.PostKeyedAsync(Path, "k", BodyOf(["other"]));

        Assert.Equal("IDEMPOTENCY_KEY_REUSED", answer.Code);
        Assert.Equal(19, await fixture.CountAsync("word"));
    }

    [Fact]
    public async Task Lets_one_of_many_repetitions_resume()
    {
        await LeaveInterruptedAsync(chunks: 1, leaseSeconds: -1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => fixture.Client.PostKeyedAsync(Path, "k", Body)));

        await AssertOneEffectEachAsync();
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.MultiStatus && !answer.IsReplay());
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.MultiStatus || answer.Code == "IDEMPOTENCY_IN_PROGRESS", answer.Text));
    }

    [Theory]
    [InlineData("all", "o0:replayed o1:completed o2:completed o3:completed")]
    [InlineData("failed", "")]
    public async Task Resumes_a_batch_of_operations_as_well(string results, string states)
    {
        var operations = Enumerable.Range(0, 4).Select(index => new
        {
            id = $"o{index}",
            entity = "word",
            action = "create",
            store_params = new { text = $"w{index}" },
            depends_on = index > 0 ? [$"o{index - 1}"] : Array.Empty<string>(),
        });
        var body = JsonSerializer.Serialize(new { operations, options = new { atomic = false, results } });
        await fixture.Client.PostKeyedAsync("/batch", "k", body);
        await fixture.ExecuteAsync(
            """
            UPDATE batch.idempotency_key SET status = NULL, response = NULL, content_type = NULL, lease_until = now() - interval '1 second';
            INSERT INTO batch.idempotency_part
            SELECT caller, route, key, 1000000, convert_to('[{"Index":0,"Affected":1,"Rows":["{\"word_id\":1,\"text\":\"w0\"}"]}]', 'UTF8')
            FROM batch.idempotency_key;
            DELETE FROM word WHERE text <> 'w0';
            """);

        var resumed = await fixture.Client.PostKeyedAsync("/batch", "k", body);

        Assert.Equal(HttpStatusCode.OK, resumed.Status);
        Assert.Equal(states, string.Join(
            ' ', resumed.Root.GetProperty("results").EnumerateObject().Select(result => $"{result.Name}:{result.Value.GetProperty("status").GetString()}")));
        Assert.Equal(["w0", "w1", "w2", "w3"], await fixture.ListAsync("SELECT text FROM word ORDER BY text"));
    }

    [Fact]
    public async Task Keeps_the_key_of_a_batch_that_broke_after_its_first_commit()
    {
        var rows = Enumerable.Range(0, 30).Select(index => new { picky_id = index, wish = index == 25 ? "break" : "keep" });
        var body = JsonSerializer.Serialize(new { action = "create", items = rows, options = new { atomic = false, continueOnError = true } });

        await fixture.Client.PostKeyedAsync("/entities/picky/batch", "k", body);
        Assert.Equal(20, await fixture.CountAsync("picky"));
        await fixture.ExecuteAsync("ALTER TABLE picky DISABLE TRIGGER picky_choice");
        RowsAnswer again;
        try
        {
            again = await fixture.Client.PostKeyedAsync("/entities/picky/batch", "k", body);
        }
        finally
        {
            await fixture.ExecuteAsync("ALTER TABLE picky ENABLE TRIGGER picky_choice");
        }

        // Without the parts the first twenty would be written again, and refused by their key.
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal((30, 30, 0, 0), again.Counts);
        Assert.Equal("replayed", again.Results[19].GetProperty("status").GetString());
        Assert.Equal(30, await fixture.CountAsync("picky"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Has_one_effect_an_item_when_the_process_is_killed_and_the_request_repeated(bool atomic)
    {
        // 60 rows of 50 ms each: the kill comes in the midst of them.
        var rows = Enumerable.Range(0, 60).Select(index => $"{{\"slow_id\":{index},\"seconds\":0.05}}\n");
        var body = string.Concat(rows);
        var path = $"/entities/slow/batch?action=create&continueOnError=true&atomic={(atomic ? "true" : "false")}";
        string[] settings = [$"ConnectionStrings:Batch={fixture.ServiceConnection}", "Batch:ChunkRows=10", "Idempotency:LeaseSeconds=3"];
        await using (var first = await ServiceProcess.StartAsync(settings))
        {
            using var client = new HttpClient { BaseAddress = first.Address };
            var request = client.PostKeyedAsync(path, "k", body, RowsClient.Ndjson);
            await RowsWait.UntilAsync(async () => atomic
                ? await fixture.CountAsync("pg_stat_activity WHERE state = 'active' AND query LIKE '%slow%' AND usename LIKE 'batch_test_role%'") > 0
                : await fixture.CountAsync("slow") >= 20);
            await first.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
        }

        var kept = await fixture.CountAsync("slow");
        Assert.Equal(atomic, kept == 0);
        Assert.InRange(kept, 0, 59);
        await using var second = await ServiceProcess.StartAsync(settings);
        using var other = new HttpClient { BaseAddress = second.Address };
        RowsAnswer? answer = null;
        // The lease of the dead process runs out 3 s after its last commit.
        await RowsWait.UntilAsync(async () =>
        {
            answer = await other.PostKeyedAsync(path, "k", body, RowsClient.Ndjson);
            return answer.Code != "IDEMPOTENCY_IN_PROGRESS";
        });

        Assert.Equal(HttpStatusCode.OK, answer!.Status);
        Assert.Equal((60, 60, 0, 0), answer.Counts);
        Assert.Equal(60, await fixture.CountAsync("slow"));
        if (!atomic)
        {
            Assert.InRange(answer.Results.Count(result => result.GetProperty("status").GetString() == "replayed"), 20, 59);
        }
    }

    private static string BodyOf(IEnumerable<string> words) => JsonSerializer.Serialize(
        new { action = "create", items = words.Select(text => new { text }), options = new { atomic = false, continueOnError = true } });

    /// <summary>What a process leaves that dies after some chunks: their rows, the claimed key, and what was decided.</summary>
    private async Task LeaveInterruptedAsync(int chunks, int leaseSeconds)
    {
        var done = chunks * IdempotencyFixture.ChunkRows;
        await fixture.Client.PostKeyedAsync(Path, "k", Body);
        var outcomes = Enumerable.Range(0, done).Select(index => index == 12
            ? """{"Index":12,"Affected":0,"Code":"CHECK_VIOLATION","Detail":"The row fails a check.","Pointer":"/items/12/text"}"""
            : $$"""{"Index":{{index}},"Affected":1,"Rows":["{\"word_id\":{{index + 1}},\"text\":\"w{{index}}\"}"]}""");
        await using var command = fixture.Database.CreateCommand(
            """
            WITH k AS (
                UPDATE batch.idempotency_key
                SET status = NULL, content_type = NULL, response = NULL, succeeded = NULL, failed = NULL, lease_until = now() + $1
                RETURNING caller, route, key)
            INSERT INTO batch.idempotency_part SELECT caller, route, key, 1000000, $2 FROM k
            """);
        command.Parameters.AddWithValue(TimeSpan.FromSeconds(leaseSeconds));
        command.Parameters.AddWithValue(Encoding.UTF8.GetBytes($"[{string.Join(',', outcomes)}]"));
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        await fixture.ExecuteAsync($"DELETE FROM word WHERE substr(text, 2)::integer >= {done}");
    }

    private async Task AssertOneEffectEachAsync() => Assert.Equal(
        Enumerable.Range(0, 35).Where(index => index != 12).Select(index => $"w{index}"),
        await fixture.ListAsync("SELECT text FROM word ORDER BY substr(text, 2)::integer"));
}
