using System.Diagnostics;
using Npgsql;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A job whose process is told to stop, a job that is canceled, a job whose commits are lost on the way.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class JobStopTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Gives_its_leases_back_when_it_is_told_to_stop_and_the_next_process_goes_on_at_once()
    {
        if (OperatingSystem.IsWindows())
            return;
        const int LeaseSeconds = 600;
        await using var database = await CreateDatabaseAsync();
        JobChaosJob job;
        await using (var first = await JobChaosCluster.StartAsync(database.ConnectionString, 1, $"Jobs:LeaseSeconds={LeaseSeconds}"))
        {
            job = await JobChaosJob.SubmitAsync(new ReliabilityClient(first.Any), JobChaosKind.Rows(20_000), "stopped", first.Any);
            await job.WatchAsync(now => now.GetProperty("processed_items").GetInt32() > 0);
            await first.Process(0).SignalAsync("TERM");
            await first.Process(0).WaitForExitAsync();
            Assert.Equal(0, first.Process(0).ExitCode);
        }
        Assert.Equal(0, await CountAsync(database.DataSource, "SELECT count(*) FROM batch.job_part WHERE status = 'running'"));
        Assert.NotEqual(0, await CountAsync(database.DataSource, "SELECT count(*) FROM batch.job_part WHERE status = 'pending'"));

        await using var next = await JobChaosCluster.StartAsync(database.ConnectionString, 1, $"Jobs:LeaseSeconds={LeaseSeconds}");
        var clock = Stopwatch.StartNew();
        job = job.Through(next.Any);
        await job.AssertHoldsAsync(database.DataSource, await job.WatchToTheEndAsync());
        output.WriteLine($"Went on and ended within {clock.Elapsed.TotalSeconds:0.0} s.");
        Assert.True(clock.Elapsed.TotalSeconds < LeaseSeconds / 2);
    }

    [Fact]
    public async Task Writes_nothing_after_the_answer_to_a_cancel()
    {
        await using var database = await CreateDatabaseAsync();
        await using var cluster = await JobChaosCluster.StartAsync(database.ConnectionString, 3);
        var client = new ReliabilityClient(cluster.Any);
        for (var round = ReliabilityRun.Count(inCi: 4, onDemand: 200); round > 0; round--)
        {
            var kind = (round % 4) switch
            {
                0 => JobChaosKind.Rows(20_000),
                1 => JobChaosKind.BadRows(10_000),
                2 => JobChaosKind.Operations(10_000),
                _ => JobChaosKind.Stopping(20_000),
            };
            var job = await JobChaosJob.SubmitAsync(client, kind, $"{kind.Name}-{round}", cluster.Any);
            await job.WatchAsync(now => now.GetProperty("processed_items").GetInt32() > 0);
            var canceled = await job.CancelAsync();
            var stored = await RowsAsync(database.DataSource, job.Batch);
            Assert.Equal("canceled", canceled.GetProperty("status").GetString());
            Assert.Equal(canceled.GetProperty("success_items").GetInt32(), stored);
            Assert.Equal(
                kind.Count - stored - canceled.GetProperty("failed_items").GetInt32() - canceled.GetProperty("skipped_items").GetInt32(),
                canceled.GetProperty("canceled_items").GetInt32());

            // Another job, from end to end, and the end of every transaction that was open: nobody is still at work on the first one.
            var other = await JobChaosJob.SubmitAsync(client, JobChaosKind.Rows(2_000), $"after-{round}", cluster.Any);
            await other.WatchToTheEndAsync();
            while (await CountAsync(database.DataSource, OpenTransactions) > 0)
                await Task.Delay(20);
            Assert.Equal(stored, await job.AssertItemsAsync(database.DataSource, expect: null));
            Assert.Equal(canceled.ToString(), (await job.ReadAsync()).ToString());
            output.WriteLine($"{job.Batch}: {stored} of {kind.Count} rows were written before.");
            Assert.InRange(stored, 0, kind.Count - 1);
        }
    }

    [Fact]
    public async Task Gives_every_item_one_effect_when_commits_of_a_job_are_lost_on_the_way()
    {
        var random = new Random(ReliabilityRun.Seed(output));
        await using var database = await CreateDatabaseAsync();
        await using var proxy = new ReliabilityProxy(database.ConnectionString);
        await using var cluster = await JobChaosCluster.StartAsync(proxy.ConnectionString, 1, "Jobs:PartItems=20");
        var client = new ReliabilityClient(cluster.Any);
        var kinds = new[] { JobChaosKind.Rows(1_000), JobChaosKind.BadRows(500), JobChaosKind.Atomic(100), JobChaosKind.Operations(200) };
        var faults = Enum.GetValues<CommitFault>();
        var happened = 0;
        for (var round = ReliabilityRun.Count(inCi: 25, onDemand: 500); round > 0; round--)
        {
            var kind = kinds[round % kinds.Length];
            var job = await JobChaosJob.SubmitAsync(client, kind, $"{kind.Name}-{round}", cluster.Any);
            proxy.Arm(faults[random.Next(faults.Length)], commitsToPass: kind.Name == "atomic" ? 0 : random.Next(8));
            var end = await job.WatchToTheEndAsync();
            happened += proxy.IsArmed ? 0 : 1;
            proxy.Disarm();
            await job.AssertHoldsAsync(database.DataSource, end);
            await job.DeleteAsync();
        }
        output.WriteLine($"{happened} commits were lost.");
        Assert.True(happened > 0, "No commit was lost: the test shows nothing.");
    }

    /// <summary>That may write: of the service, and begun.</summary>
    private const string OpenTransactions = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'BatchService' AND backend_xid IS NOT NULL
        """;

    private static async Task<TestDatabase> CreateDatabaseAsync() =>
        await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(JobChaosCluster.Template);

    private static async Task<int> RowsAsync(NpgsqlDataSource database, string batch)
    {
        await using var command = database.CreateCommand("SELECT count(*)::integer FROM entry WHERE batch = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = batch });
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<int> CountAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (int)(long)(await command.ExecuteScalarAsync())!;
    }
}
