using System.Text.Json;
using BatchService.Attestations;
using BatchService.Batching;
using BatchService.DatabaseTests.Rows;
using BatchService.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>A worker that lives keeps its part, however long it takes.</summary>
public sealed class JobsLeaseTests(JobsLeaseTests.Fixture fixture) : IClassFixture<JobsLeaseTests.Fixture>
{
    [Fact]
    public async Task The_heartbeat_holds_the_lease_of_a_worker_that_is_busy_for_longer()
    {
        var caller = fixture.NewCaller();
        var id = await caller.AcceptedAsync(new { job_type = WaitingJobType.TypeName, items = new[] { new { subjects = new[] { "s" } } } });
        await RowsWait.UntilAsync(async () => await fixture.NumberAsync(
            $"SELECT count(*) FROM batch.job WHERE batch_job_id = '{id}' AND started_at < clock_timestamp() - interval '2.5 seconds'") == 1);
        var fence = await fixture.NumberAsync($"SELECT fence FROM batch.job_part WHERE batch_job_id = '{id}' AND lease_until > clock_timestamp()");
        fixture.Waiting.Go();

        Assert.Equal(1, fence);
        Assert.Equal((1, 0, 0, 0), (await caller.EndAsync(id)).Counts());
        Assert.Equal((1, 1), (fixture.Waiting.Opened, await fixture.NumberAsync($"SELECT fence FROM batch.job_part WHERE batch_job_id = '{id}'")));
    }

    [Fact]
    public async Task A_transaction_that_takes_longer_than_the_lease_is_no_lost_worker()
    {
        const int Busy = 801;
        const int Long = 802;
        var caller = fixture.NewCaller();
        await using var busyGate = await fixture.ShutAsync(Busy);
        await using var longGate = await fixture.ShutAsync(Long);
        var busy = await caller.AcceptedAsync(JobsCaller.Rows("gated", Enumerable.Range(0, 20).Select(_ => new { gated_id = 1, gate = Busy })));
        await RowsWait.UntilAsync(async () =>
            await fixture.NumberAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted") == 2);
        var items = Enumerable.Range(0, 3).Select(number => new { gated_id = 8_000 + number, gate = Long });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items, new { entity = "gated", action = "create", atomic = true }));

        // As if a worker was lost before: the next one is the last.
        await fixture.ExecuteAsync($"UPDATE batch.job_part SET lost = 1 WHERE batch_job_id = '{id}'");
        await busyGate.OpenAsync();
        await fixture.UntilSomeoneWaitsAsync(Long);
        await RowsWait.UntilAsync(async () => await fixture.NumberAsync(
            $"SELECT count(*) FROM batch.job_part WHERE batch_job_id = '{id}' AND lease_until < clock_timestamp() - interval '0.5 seconds'") == 1);

        Assert.Equal("processing", (await caller.StatusAsync(id)).Text("status"));
        await longGate.OpenAsync();
        var job = await caller.EndAsync(id);
        Assert.Equal(("completed", (3, 0, 0, 0)), (job.Text("status"), job.Counts()));
        Assert.Equal((20, 0, 0, 0), (await caller.EndAsync(busy)).Counts());
    }

    /// <summary>Leases of a second, two of which may be lost.</summary>
    public sealed class Fixture : JobsFixture
    {
        internal WaitingJobType Waiting { get; } = new(new AttestationJobType(TimeProvider.System));

        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Jobs:LeaseSeconds"] = "1";
            settings["Jobs:MaxLostLeases"] = "2";
        }

        protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton<JobType>(Waiting);
    }

    /// <summary>Attestations, whose worker waits outside of any transaction until it is told to go on.</summary>
    internal sealed class WaitingJobType(AttestationJobType inner) : JobType
    {
        public const string TypeName = "waiting";

        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _opened;

        public override string Name => TypeName;

        public int Opened => _opened;

        public void Go() => _go.SetResult();

        public override ValueTask<JobMode> CheckAsync(JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken) =>
            inner.CheckAsync(options, caller, errors, cancellationToken);

        public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _opened);
            await _go.Task.WaitAsync(cancellationToken);
            return await inner.OpenAsync(work, cancellationToken);
        }
    }
}
