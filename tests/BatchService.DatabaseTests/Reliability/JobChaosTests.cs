using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>
/// Processes that share jobs are killed, and frozen for longer than their leases: every job ends, every item that succeeded has one effect,
/// every other item none, and what is told of a job on its way never goes back.
/// </summary>
[Collection(ReliabilityCollection.Name)]
public sealed class JobChaosTests(ITestOutputHelper output)
{
    private const int Processes = 3;
    private const int DownAtATime = 2;

    [Fact]
    public async Task Gives_every_item_one_effect_however_often_its_workers_are_killed_or_frozen()
    {
        if (OperatingSystem.IsWindows())
            return;
        var random = new Random(ReliabilityRun.Seed(output));
        await using var database = await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(JobChaosCluster.Template);
        await using var cluster = await JobChaosCluster.StartAsync(database.ConnectionString, Processes);
        var load = new JobChaosLoad(
            database.DataSource,
            cluster.Any,
            JobChaosKind.Rows(20_000),
            JobChaosKind.BadRows(3_000),
            JobChaosKind.Atomic(2_000),
            JobChaosKind.Spoilt(500),
            JobChaosKind.Stopping(1_500),
            JobChaosKind.Operations(2_000));
        var accidents = ReliabilityRun.Count(inCi: 20, onDemand: 500);
        var happening = new List<Task>();
        var frozen = 0;
        try
        {
            for (var accident = 0; accident < accidents && load.Holds; accident++)
            {
                if (happening.Count == DownAtATime)
                    happening.Remove(await AnyAsync(happening));
                await load.MakesProgressAsync();
                await Task.Delay(random.Next(100));
                var victim = await cluster.PickAsync(database.DataSource, random);
                var isFreeze = random.Next(2) == 0;
                frozen += isFreeze ? 1 : 0;
                happening.Add(isFreeze
                    ? cluster.FreezeAsync(victim, JobChaosCluster.Lease + TimeSpan.FromMilliseconds(random.Next(500, 3_000)))
                    : cluster.KillAndStartAgainAsync(victim));
            }
        }
        finally
        {
            await Task.WhenAll(happening);
        }
        output.WriteLine($"{accidents - frozen} kills, {frozen} freezes. {await load.FinishAsync()}");
        await using var taken = database.DataSource.CreateCommand("SELECT count(*) FROM batch.job_part WHERE fence > 1");
        Assert.True((long)(await taken.ExecuteScalarAsync())! > 0, "No accident met a worker at work: the test shows nothing.");
    }

    [Fact]
    public async Task Gives_every_item_one_effect_when_postgres_is_killed_or_restarted()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var random = new Random(ReliabilityRun.Seed(output));
        await using var server = await ReliabilityPostgres.StartAsync();

        // Without a pool, which would hold connections to a server that is no more.
        await using var database = Npgsql.NpgsqlDataSource.Create(server.ConnectionString + ";Pooling=false");
        await JobChaosCluster.PrepareAsync(database);
        await using var cluster = await JobChaosCluster.StartAsync(server.ConnectionString, 2);
        var load = new JobChaosLoad(
            database,
            cluster.Any,
            JobChaosKind.Rows(5_000),
            JobChaosKind.BadRows(2_000),
            JobChaosKind.Atomic(1_000),
            JobChaosKind.Operations(1_000));
        Func<Task>[] accidents =
        [
            server.KillAndStartAgainAsync,
            () => server.RestartAsync("immediate"),
            () => ReliabilityPostgres.KillBackendAsync(database),
        ];
        for (var round = ReliabilityRun.Count(inCi: 2, onDemand: 100); round > 0 && load.Holds; round--)
        {
            foreach (var happen in accidents)
            {
                await load.MakesProgressAsync();
                await Task.Delay(random.Next(50));
                await happen();
            }
        }
        output.WriteLine(await load.FinishAsync());
    }

    private static async Task<Task> AnyAsync(List<Task> happening)
    {
        var first = await Task.WhenAny(happening);
        await first;
        return first;
    }
}
