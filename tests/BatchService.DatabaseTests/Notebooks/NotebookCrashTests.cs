namespace BatchService.DatabaseTests.Notebooks;

/// <summary>
/// What belongs together is written together: the database session dies at the last step of a write, and again at every attempt that the
/// service makes by itself; nothing of the write is left, and repeating the call does all of it.
/// </summary>
public sealed class NotebookCrashTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>, IAsyncLifetime
{
    private const string Claims = """[ { "text": "distilled", "confidence": 0.5 } ]""";

    private NotebookClient Client => service.Notebooks;

    public static TheoryData<string, string, string, string, string> Results => new()
    {
        {
            "DISTILL_CLAIMS", "",
            $$"""{ "claims": {{Claims}} }""", """{"status":"completed","follow_up_jobs":1}""",
            "claims_status = 'distilled' AND claims IS NOT NULL"
        },
        {
            "COMPARE_CLAIMS", """{ "entry_id": "{entry}", "compare_against_id": "{index}", "claims_a": {claims}, "claims_b": {claims} }""".Replace("{claims}", Claims, StringComparison.Ordinal),
            """{ "entropy": 0.5, "friction": 0.9, "contradictions": [] }""", """{"status":"completed","follow_up_jobs":0}""",
            "jsonb_array_length(comparisons) = 1 AND max_friction IS NOT NULL AND needs_review"
        },
        {
            "CLASSIFY_TOPIC", """{ "entry_id": "{entry}" }""",
            """{ "primary_topic": "auth" }""", """{"status":"completed","follow_up_jobs":0}""",
            "primary_topic IS NOT NULL"
        },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => RecoverAsync();

    [Theory]
    [InlineData("POST", "batch", 3)]
    [InlineData("POST", "entries", 1)]
    [InlineData("PUT", "entries/{entry}", 1)]
    public async Task Entries_their_jobs_and_the_position_are_written_together_or_not_at_all(string method, string path, int count)
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        var address = $"/notebooks/{id}/{path.Replace("{entry}", $"{entry}", StringComparison.Ordinal)}";
        var body = path == "batch"
            ? $$"""{ "entries": [ {{string.Join(',', Enumerable.Range(0, count).Select(index => NotebookClient.Entry($"entry {index}")))}} ] }"""
            : NotebookClient.Entry();

        // At the end of the last statement: the position, the entries and the jobs are written by then.
        await DieAsync("INSERT", "true");
        var died = (await Client.SendAsync(new HttpMethod(method), address, body)).Expect(503);

        Assert.True(died["retryable"].GetBoolean());
        Assert.Equal((1L, 1L, 1L), await CountAsync(id));
        await RecoverAsync();
        (await Client.SendAsync(new HttpMethod(method), address, body)).Expect(201);
        Assert.Equal((count + 1L, count + 1L, count + 1L), await CountAsync(id));
        Assert.Equal(
            Enumerable.Range(1, count + 1).Select(position => (long)position),
            await service.ReadAllAsync<long>("SELECT causal_position FROM batch.entry WHERE notebook_id = $1 ORDER BY 1", id));
    }

    [Theory]
    [MemberData(nameof(Results))]
    public async Task A_result_and_the_completion_of_its_job_are_one_transaction(
        string type, string payload, string result, string completed, string applied)
    {
        var id = await Client.CreateAsync();
        var index = await Client.AddAsync(id, topic: "index/topic/a");
        (await Client.ClaimAsync(id, index)).Expect(200);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        var entry = await Client.AddAsync(id);
        if (payload.Length > 0)
        {
            payload = payload.Replace("{entry}", $"{entry}", StringComparison.Ordinal).Replace("{index}", $"{index}", StringComparison.Ordinal);
            (await Client.PostAsync($"/notebooks/{id}/jobs", $$"""{ "job_type": "{{type}}", "payload": {{payload}} }""")).Expect(201);
        }
        var job = (await Client.NextAsync(id, more: $"&type={type}")).Expect(200)["id"].GetGuid();
        var jobs = (await CountAsync(id)).Jobs;

        await DieAsync("UPDATE", "NEW.status = 'completed'");
        (await Client.CompleteAsync(id, job, result)).Expect(503);

        Assert.False(await IsAppliedAsync());
        Assert.Equal(jobs, (await CountAsync(id)).Jobs);
        Assert.Equal("in_progress w1", await service.ReadAsync<string>("SELECT status || ' ' || claimed_by FROM batch.notebook_job WHERE id = $1", job));
        await RecoverAsync();
        Assert.Equal(completed, (await Client.CompleteAsync(id, job, result)).Expect(200).Body.GetRawText());
        Assert.True(await IsAppliedAsync());
        Assert.Equal("completed", await service.ReadAsync<string>("SELECT status FROM batch.notebook_job WHERE id = $1", job));

        Task<bool> IsAppliedAsync() => service.ReadAsync<bool>($"SELECT coalesce({applied}, false) FROM batch.entry WHERE id = $1", entry);
    }

    /// <summary>From now on a session dies that does this to the job queue.</summary>
    private Task DieAsync(string action, string condition) => service.RunAsync($"""
        CREATE OR REPLACE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {condition} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER die AFTER {action} ON batch.notebook_job FOR EACH ROW EXECUTE FUNCTION public.die();
        """);

    private Task RecoverAsync() => service.RunAsync("DROP TRIGGER IF EXISTS die ON batch.notebook_job");

    private async Task<(long Position, long Entries, long Jobs)> CountAsync(Guid notebook)
    {
        var counts = await service.ReadAsync<long[]>(
            """
            SELECT ARRAY[n.current_sequence,
                         (SELECT count(*) FROM batch.entry e WHERE e.notebook_id = n.id),
                         (SELECT count(*) FROM batch.notebook_job j WHERE j.notebook_id = n.id)]
            FROM batch.notebook n WHERE n.id = $1
            """,
            notebook);
        return (counts[0], counts[1], counts[2]);
    }
}
