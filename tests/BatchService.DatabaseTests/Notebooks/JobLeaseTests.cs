namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Workers that are lost, come back too late, or wait.</summary>
public sealed class JobLeaseTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private const string Claims = """{ "claims": [ { "text": "too late", "confidence": 0.5 } ] }""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task A_lease_lasts_120_seconds()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        await Client.NextAsync(id);

        Assert.True(await service.ReadAsync<bool>(
            "SELECT lease_until - claimed_at = interval '120 s' FROM batch.notebook_job WHERE notebook_id = $1", id));
    }

    [Fact]
    public async Task A_job_whose_lease_ran_out_goes_to_another_worker_and_counts_as_retried()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        (await Client.NextAsync(id, "w2")).Expect(204);
        await service.LapseAsync(id);

        var again = (await Client.NextAsync(id, "w2")).Expect(200);

        Assert.Equal((job, "w2"), (again["id"].GetGuid(), again["claimed_by"].GetString()));
        Assert.Equal(1, await service.ReadAsync<int>("SELECT retry_count FROM batch.notebook_job WHERE id = $1", job));
        (await Client.CompleteAsync(id, job, Claims, "w2")).Expect(200);
    }

    [Fact]
    public async Task A_worker_that_comes_back_after_its_lease_ran_out_is_refused_and_changes_nothing()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        await service.LapseAsync(id);

        // Nobody has taken the job over yet: the lease alone decides.
        Assert.Equal("Job not claimed by this worker", (await Client.CompleteAsync(id, job, Claims)).Expect(409).Error);
        Assert.Equal("Job not claimed by this worker", (await Client.FailAsync(id, job)).Expect(409).Error);
        (await Client.NextAsync(id, "w2")).Expect(200);
        Assert.Equal("Job not claimed by this worker", (await Client.CompleteAsync(id, job, Claims)).Expect(409).Error);
        Assert.Equal("Job not claimed by this worker", (await Client.FailAsync(id, job)).Expect(409).Error);

        Assert.Equal("pending", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims_status"].GetString());
        (await Client.CompleteAsync(id, job, """{ "claims": [ { "text": "in time", "confidence": 1 } ] }""", "w2")).Expect(200);
        Assert.Equal("in time", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims"][0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_job_that_loses_its_workers_too_often_is_failed()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        for (var loss = 0; loss < 4; loss++)
        {
            (await Client.NextAsync(id)).Expect(200);
            await service.LapseAsync(id);
        }

        (await Client.NextAsync(id)).Expect(204);
        Assert.Equal("failed 3", await service.ReadAsync<string>("SELECT status || ' ' || retry_count FROM batch.notebook_job WHERE notebook_id = $1", id));
    }

    [Fact]
    public async Task A_job_whose_lease_ran_out_counts_as_pending_and_at_its_last_retry_as_failed()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        await Client.AddAsync(id);
        (await Client.NextAsync(id)).Expect(200);
        var last = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        await service.RunAsync("UPDATE batch.notebook_job SET retry_count = max_retries WHERE id = $1", last);
        await service.LapseAsync(id);

        var stats = (await Client.GetAsync($"/notebooks/{id}/jobs/stats")).Expect(200)["DISTILL_CLAIMS"];

        Assert.Equal("""{"pending":1,"in_progress":0,"completed":0,"failed":1}""", stats.GetRawText());
        Assert.Equal("""{"retried":1}""", (await Client.PostAsync($"/notebooks/{id}/jobs/retry-failed")).Expect(200).Body.GetRawText());
        Assert.Equal(2L, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'pending'", id));
        Assert.Equal(0, await service.ReadAsync<int>("SELECT retry_count FROM batch.notebook_job WHERE id = $1", last));
    }

    [Fact]
    public async Task A_waiting_worker_gets_the_job_that_comes_while_it_waits()
    {
        var id = await Client.CreateAsync();
        var waiting = Client.NextAsync(id, more: "&wait=60");
        await WaitUntilListeningAsync(id);

        var entry = await Client.AddAsync(id);

        var job = (await waiting.WaitAsync(Patience)).Expect(200);
        Assert.Equal(entry, job["payload"].GetProperty("entry_id").GetGuid());
    }

    [Fact]
    public async Task A_waiting_worker_gets_the_job_that_another_process_made_or_that_nobody_announced()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        await Client.NextAsync(id);
        var waiting = Client.NextAsync(id, "w2", "&wait=60");
        await WaitUntilListeningAsync(id);

        // Past the service: only looking again finds it.
        await service.LapseAsync(id);

        Assert.Equal("w2", (await waiting.WaitAsync(Patience)).Expect(200)["claimed_by"].GetString());
    }

    [Fact]
    public async Task Waiting_ends_with_204_when_no_job_came()
    {
        var id = await Client.CreateAsync();

        (await Client.NextAsync(id, more: "&wait=1")).Expect(204);
        (await Client.NextAsync(id, more: "&wait=0")).Expect(204);
    }

    [Fact]
    public async Task Many_who_wait_hold_no_connection_and_go_when_their_clients_do()
    {
        var id = await Client.CreateAsync();
        using var gone = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 60).Select(worker => Client.GetAsync($"/notebooks/{id}/jobs/next?worker_id=w{worker}&wait=60", gone.Token)).ToList();
        await WaitUntilListeningAsync(id, 60);

        // The pool has 20 connections.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Client.GetAsync($"/notebooks/{id}"))).WaitAsync(Patience);
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        await gone.CancelAsync();

        foreach (var task in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience));
        await WaitUntilListeningAsync(id, 0);
    }

    /// <summary>Until so many wait for a job of the notebook.</summary>
    private async Task WaitUntilListeningAsync(Guid id, int count = 1)
    {
        var signal = (BatchService.Notebooks.NotebookJobSignal)service.Services.GetService(typeof(BatchService.Notebooks.NotebookJobSignal))!;
        using var patience = new CancellationTokenSource(Patience);
        while (signal.Waiting(id) != count)
            await Task.Delay(5, patience.Token);
    }
}
