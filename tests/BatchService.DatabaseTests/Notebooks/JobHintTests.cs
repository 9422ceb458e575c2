using BatchService.Http;
using BatchService.Notebooks;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Waiting workers whose own look comes far too late for these tests: only a hint, or the end, can wake them.</summary>
public sealed class JobHintTests : IClassFixture<JobHintTests.SlowFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SlowFixture _service;

    public JobHintTests(SlowFixture service) => _service = service;

    private NotebookClient Client => _service.Notebooks;

    [Fact]
    public async Task Work_that_this_process_makes_wakes_a_waiting_worker_at_once()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id, topic: "index/topic/a");
        var index = await Client.AddAsync(id, topic: "index/topic/b");
        (await Client.ClaimAsync(id, index)).Expect(200);
        var first = (await Client.NextAsync(id)).Expect(200);
        await Client.NextAsync(id);

        // Each of these makes one job ready: follow-ups, a failed one, an added one, entries, a retried one.
        var job = await WakeAsync(() => Client.CompleteAsync(id, first["id"].GetGuid(), """{ "claims": [ { "text": "t", "confidence": 1 } ] }"""));
        job = await WakeAsync(() => Client.FailAsync(id, job, "w9"));
        await WakeAsync(() => Client.PostAsync($"/notebooks/{id}/jobs", $$$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{entry}}}" } }"""));
        await WakeAsync(() => Client.BatchAsync(id, NotebookClient.Entry()));
        await WakeAsync(() => Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{entry}", """{ "content": "c" }"""));
        var plain = await Client.AddAsync(id);
        await Client.NextAsync(id);
        await WakeAsync(() => Client.ClaimAsync(id, plain), "&type=COMPARE_CLAIMS");
        await _service.RunAsync("UPDATE batch.notebook_job SET status = 'failed' WHERE id = $1", job);
        await WakeAsync(() => Client.PostAsync($"/notebooks/{id}/jobs/retry-failed"));

        async Task<Guid> WakeAsync(Func<Task<NotebookReply>> work, string more = "")
        {
            int status;
            do
                status = (int)(await Client.NextAsync(id, "idle", more)).Status;
            while (status == 200);
            var waiting = Client.NextAsync(id, "w9", $"&wait=60{more}");
            await WaitUntilListeningAsync(id);
            Assert.True((await work()).Message.IsSuccessStatusCode);
            return (await waiting.WaitAsync(Patience)).Expect(200)["id"].GetGuid();
        }
    }

    [Fact]
    public async Task Work_of_another_process_wakes_a_waiting_worker_by_NOTIFY()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        await Client.NextAsync(id);
        var waiting = Client.NextAsync(id, "w2", "&wait=60");
        await WaitUntilListeningAsync(id);
        await _service.LapseAsync(id);

        await _service.RunAsync("SELECT pg_notify($1, $2)", JobHints.Channel, $"{id}");

        (await waiting.WaitAsync(Patience)).Expect(200);
    }

    [Fact]
    public async Task Every_process_hears_of_new_work()
    {
        var id = await Client.CreateAsync();
        await using var connection = await _service.Database.OpenConnectionAsync();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Notification += (_, notification) =>
        {
            if (notification.Payload == $"{id}")
                heard.TrySetResult(notification.Payload);
        };
        await using var listen = connection.CreateCommand();
        listen.CommandText = $"LISTEN {JobHints.Channel}";
        await listen.ExecuteNonQueryAsync();
        using var patience = new CancellationTokenSource(Patience);

        await Client.AddAsync(id);

        while (!heard.Task.IsCompleted)
            await connection.WaitAsync(patience.Token);
    }

    [Fact]
    public async Task Waiting_ends_when_the_service_stops()
    {
        // Not through HTTP: the test server, unlike Kestrel, takes the database away before its requests are through.
        var id = await Client.CreateAsync();
        using var stopping = new CancellationTokenSource();
        var ask = new JobAsk(id, "w1", JobType: null);
        var waiting = _service.Services.GetRequiredService<NotebookJobQueue>()
            .NextAsync(ask, CallerIdentity.Development, TimeSpan.FromMinutes(1), stopping.Token, CancellationToken.None);
        await WaitUntilListeningAsync(id);

        await stopping.CancelAsync();

        Assert.Equal(204, (await waiting.WaitAsync(Patience)).Answer!.Status);
    }

    private async Task WaitUntilListeningAsync(Guid id)
    {
        var signal = _service.Services.GetRequiredService<NotebookJobSignal>();
        using var patience = new CancellationTokenSource(Patience);
        while (signal.Waiting(id) == 0)
            await Task.Delay(5, patience.Token);
    }

    /// <summary>Workers look by themselves after a minute only.</summary>
    public sealed class SlowFixture : NotebooksFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Notebooks:PollSeconds"] = "60";
        }
    }
}
