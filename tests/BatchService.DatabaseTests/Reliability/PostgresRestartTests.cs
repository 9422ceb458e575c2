using System.Collections.Concurrent;
using System.Diagnostics;
using BatchService.Batching;
using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>PostgreSQL goes away under load and comes back: nobody sees a 500, nothing is lost or written twice, and work goes on soon.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class PostgresRestartTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int Items = 20;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Loses_nothing_and_writes_nothing_twice_when_the_server_is_restarted_or_killed()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var seed = ReliabilityRun.Seed(output);
        await using var server = await ReliabilityPostgres.StartAsync();

        // Without a pool, which would hold connections to a server that is no more.
        await using var database = NpgsqlDataSource.Create(server.ConnectionString + ";Pooling=false");
        await PrepareAsync(database);
        await using var service = await ServiceProcess.StartAsync(
            $"ConnectionStrings:Batch={server.ConnectionString}", "Serilog:MinimumLevel=Error", "Idempotency:LeaseSeconds=1", "Batch:ChunkRows=7");
        Assert.True(service.Address is not null, service.Output);
        using var http = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(30) };
        var client = new ReliabilityClient(() => http);
        var expected = new ConcurrentDictionary<string, int[]>(StringComparer.Ordinal);
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(() => WriteAsync(client, number, seed, expected, enough.Token))).ToList();

        (string Name, Func<Task> Happen)[] accidents =
        [
            ("restart fast", () => server.RestartAsync("fast")),
            ("restart immediate", () => server.RestartAsync("immediate")),
            ("kill -9 all", server.KillAndStartAgainAsync),
            ("kill -9 a backend", () => ReliabilityPostgres.KillBackendAsync(database)),
            ("terminate at random", () => TerminateAsync(database)),
        ];
        var random = new Random(seed - 1);
        foreach (var (name, happen) in accidents)
        {
            var slowest = TimeSpan.Zero;
            for (var round = ReliabilityRun.Count(inCi: 5, onDemand: 100); round > 0 && clients.TrueForAll(running => !running.IsFaulted); round--)
            {
                await client.MakesProgressAsync(Clients);
                await Task.Delay(random.Next(50));
                await happen();
                await AnswersAsync(database);
                var clock = Stopwatch.StartNew();
                await client.MakesProgressAsync(1);
                slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
            }
            output.WriteLine($"{name}: at work again after {slowest.TotalSeconds:0.0} s at most");
            Assert.True(slowest <= Recovery, $"After '{name}' it took {slowest} to work again.");
        }
        await enough.CancelAsync();
        try
        {
            await Task.WhenAll(clients);
        }
        finally
        {
            // Why it answered with a 500, if it did.
            output.WriteLine(service.Output);
        }

        output.WriteLine($"{expected.Count} batches. {client.Seen}");
        await ReliabilityLedger.AssertHoldsAsync(database, expected);
    }

    [Fact]
    public async Task Does_not_take_the_commit_of_another_transaction_for_its_own_when_a_crash_has_freed_its_id()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var server = await ReliabilityPostgres.StartAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString + ";Pooling=false");
        await ReliabilityLedger.Template.FillAsync(database, CancellationToken.None);
        TransactionMark lost;
        await using (var connection = await database.OpenConnectionAsync())
        {
            var transaction = await connection.BeginTransactionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO entry (batch, position) VALUES ('lost', 0)", connection, transaction);
            await insert.ExecuteNonQueryAsync();
            var nobody = new Caller("nobody", new HashSet<string>(), new HashSet<string>(), "{}");
            var open = new BatchTransaction(connection, transaction, SessionSettings.Of(new DatabaseOptions()), nobody);
            await open.FinishAsync(1, CancellationToken.None);
            lost = open.Mark!;
            await server.KillAndStartAgainAsync();
        }

        await using var other = database.CreateCommand("INSERT INTO entry (batch, position) VALUES ('other', 0) RETURNING pg_current_xact_id()::text");
        while (await other.ExecuteScalarAsync() is string id && ulong.Parse(id) < ulong.Parse(lost.Id))
        {
            // Until the id is given again.
        }
        await using var status = database.CreateCommand($"SELECT pg_xact_status('{lost.Id}')");
        Assert.Equal("committed", await status.ExecuteScalarAsync());
        using var gate = new ConnectionGate(database, database, 1, TimeSpan.FromSeconds(1));
        var fault = await Assert.ThrowsAsync<BatchFaultException>(
            () => CommitStatus.IsCommittedAsync(gate, lost, TimeProvider.System, new IOException()));
        Assert.True(fault.IsOutcomeUnknown);
    }

    private static async Task WriteAsync(
        ReliabilityClient client, int number, int seed, ConcurrentDictionary<string, int[]> expected, CancellationToken enough)
    {
        var random = new Random(seed + number);
        for (var round = 0; !enough.IsCancellationRequested; round++)
        {
            var batch = $"p{number}-{round}";
            var atomic = random.Next(2) == 0;
            int[] bad = !atomic && random.Next(3) == 0 ? [random.Next(Items)] : [];
            var (path, body) = random.Next(2) == 0
                ? ("/batch", ReliabilityLedger.Operations(batch, Items, atomic, bad))
                : ("/entities/entry/batch", ReliabilityLedger.Rows(batch, Items, atomic, bad));
            var answer = await client.SendUntilKnownAsync(path, body, batch);
            Assert.Equal(bad.Length == 0 ? 200 : 207, (int)answer.Status);
            Assert.True(expected.TryAdd(batch, ReliabilityLedger.Acknowledged(answer, Items, bad)));
        }
    }

    private static async Task TerminateAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'BatchService' AND random() < 0.5");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until the server takes connections; after a backend was killed it needs a moment.</summary>
    private static async Task AnswersAsync(NpgsqlDataSource database)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var command = database.CreateCommand("SELECT 1");
                await command.ExecuteScalarAsync();
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task PrepareAsync(NpgsqlDataSource database)
    {
        var options = new DbContextOptionsBuilder<BatchDbContext>();
        BatchDbContext.Configure(options, database);
        await using (var context = new BatchDbContext(options.Options))
            await DatabaseMigration.RunAsync(context, database, CancellationToken.None);
        await ReliabilityLedger.Template.FillAsync(database, CancellationToken.None);
    }
}
