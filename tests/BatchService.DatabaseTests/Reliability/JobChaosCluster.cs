using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Several processes of the service on one database, to be killed, frozen and started again one by one.</summary>
internal sealed class JobChaosCluster : IAsyncDisposable
{
    /// <summary>Short, so that what is lost is soon taken over; a freeze lasts longer.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private const int StartAttempts = 5;

    private static readonly string[] s_settings =
    [
        "Serilog:MinimumLevel=Error",
        "Idempotency:LeaseSeconds=1",
        $"Jobs:LeaseSeconds={Lease.TotalSeconds}",
        "Jobs:PollMilliseconds=100",
        "Jobs:PartItems=200",
        "Jobs:MaxLostLeases=100",
        "Jobs:MaxRunningPerCaller=100",
    ];

    private readonly string[] _arguments;
    private readonly Node[] _nodes;

    private JobChaosCluster(string connectionString, int size, string[] settings)
    {
        _arguments = [$"ConnectionStrings:Batch={connectionString}", .. s_settings, .. settings];
        _nodes = [.. Enumerable.Range(0, size).Select(_ => new Node())];
    }

    public static DatabaseTemplate Template { get; } = new("chaos", async (database, cancellationToken) =>
    {
        // Large statements take their time, so that what happens to a process happens in the midst of a transaction.
        await using var command = database.CreateCommand("""
            CREATE TABLE entry (
                entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                batch text NOT NULL,
                position integer NOT NULL CONSTRAINT entry_position_check CHECK (position >= 0),
                parent bigint REFERENCES entry);
            CREATE INDEX entry_batch_idx ON entry (batch);
            CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS '
                BEGIN
                    IF (SELECT count(*) FROM added) >= 25 THEN PERFORM pg_sleep(0.05); END IF;
                    RETURN NULL;
                END';
            CREATE TRIGGER pause AFTER INSERT ON entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pause();
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    });

    /// <summary>Lays out a database that is not made from the template.</summary>
    public static async Task PrepareAsync(NpgsqlDataSource database)
    {
        var options = new DbContextOptionsBuilder<BatchDbContext>();
        BatchDbContext.Configure(options, database);
        await using (var context = new BatchDbContext(options.Options))
            await DatabaseMigration.RunAsync(context, database, CancellationToken.None);
        await Template.FillAsync(database, CancellationToken.None);
    }

    /// <summary>Starts so many processes, and waits until they listen.</summary>
    /// <param name="settings">Go before those that all chaos tests share.</param>
    public static async Task<JobChaosCluster> StartAsync(string connectionString, int size, params string[] settings)
    {
        var cluster = new JobChaosCluster(connectionString, size, settings);
        await Task.WhenAll(cluster._nodes.Select(cluster.StartAsync));
        return cluster;
    }

    /// <summary>A client of one of the processes, by chance; it may be dead or frozen.</summary>
    public HttpClient Any() => Volatile.Read(ref _nodes[Random.Shared.Next(_nodes.Length)].Http)!;

    /// <summary>The process with this number; it must be running.</summary>
    public ServiceProcess Process(int number) => _nodes[number].Process!;

    /// <summary>The number of a process that is neither dead nor frozen and holds a lease at this moment.</summary>
    public async Task<int> PickAsync(NpgsqlDataSource database, Random random)
    {
        for (var patience = 2_000; patience > 0; patience--)
        {
            await using var command = database.CreateCommand("""
                SELECT DISTINCT split_part(owner, '/', 2)::integer FROM batch.job_part
                WHERE status = 'running' AND lease_until > clock_timestamp()
                """);
            var owners = new HashSet<int>();
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                owners.Add(reader.GetInt32(0));
            var atWork = Enumerable.Range(0, _nodes.Length)
                .Where(number => _nodes[number].IsWell && owners.Contains(Process(number).Id))
                .ToArray();
            if (atWork.Length > 0)
                return atWork[random.Next(atWork.Length)];
            await Task.Delay(5);
        }
        throw new InvalidOperationException("Nobody is at work.");
    }

    /// <summary>Kills a process as <c>kill -9</c> does, and starts another in its place.</summary>
    public async Task KillAndStartAgainAsync(int number)
    {
        var node = _nodes[number];
        node.IsWell = false;
        await node.Process!.KillAsync();
        await node.Process.DisposeAsync();
        node.Process = null;
        await StartAsync(node);
    }

    /// <summary>Stops a process in the midst of what it does, and lets it go on as if nothing had happened.</summary>
    public async Task FreezeAsync(int number, TimeSpan time)
    {
        var node = _nodes[number];
        node.IsWell = false;
        await node.Process!.SignalAsync("STOP");
        await Task.Delay(time);
        await node.Process.SignalAsync("CONT");
        node.IsWell = true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await (node.Process?.DisposeAsync() ?? ValueTask.CompletedTask);
            node.Http?.Dispose();
        }
    }

    private async Task StartAsync(Node node)
    {
        // It does not start while the database is away, or too busy to let it in; who supervises it tries again.
        var process = await ServiceProcess.StartAsync(_arguments);
        for (var attempt = 1; process.Address is null && attempt < StartAttempts; attempt++)
        {
            await process.DisposeAsync();
            process = await ServiceProcess.StartAsync(_arguments);
        }
        Assert.True(process.Address is not null, process.Output);
        node.Process = process;

        // The former client is left to those who still wait on it.
        Volatile.Write(ref node.Http, new HttpClient { BaseAddress = process.Address, Timeout = TimeSpan.FromSeconds(30) });
        node.IsWell = true;
    }

    /// <summary>A place for a process.</summary>
    private sealed class Node
    {
        public HttpClient? Http;

        public volatile bool IsWell;

        public ServiceProcess? Process { get; set; }
    }
}
