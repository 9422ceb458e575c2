using BatchService.DatabaseTests.Rows;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>File handles and connections return, however a call ends: refused, broken off by the client, or long.</summary>
public sealed class ReturnedHandlesTests(ITestOutputHelper output)
{
    private const int WarmingCalls = 5;
    private const int Calls = 15;
    private const int LongLines = 20;

    /// <summary>The runtime opens and closes a few of its own at any time; one left behind by each call would be <see cref="Calls"/>.</summary>
    private const int Tolerance = 8;

    /// <summary>Long enough to be kept in a file, body and answer.</summary>
    private static readonly string Lines = string.Concat(Enumerable.Repeat($"{{\"text\":\"{new string('x', 60_000)}\"}}\n", LongLines));

    [LinuxFact]
    public async Task A_burst_of_refused_aborted_and_long_calls_leaves_as_many_as_one_before_it()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);
        await ExecuteAsync(database, "CREATE TABLE word (text text NOT NULL)");
        await using var service = await ServiceProcess.StartAsync(
            $"ConnectionStrings:Batch={database.ConnectionString}", "Serilog:MinimumLevel=Error", "Batch:MaxBodyBytes=65536", "Database:MaxPoolSize=6");
        using (var first = new HttpClient { BaseAddress = service.Address })
        {
            await BurstAsync(first, service.Address!, WarmingCalls);
        }

        await UntilQuietAsync(database);
        var handles = await SettledAsync(service.Id);
        using (var second = new HttpClient { BaseAddress = service.Address })
        {
            await BurstAsync(second, service.Address!, Calls);
        }

        await UntilQuietAsync(database);
        output.WriteLine($"{handles} handles before");
        await RowsWait.UntilAsync(() => Task.FromResult(HandlesOf(service.Id) <= handles + Tolerance));
        Assert.InRange(await NumberAsync(database, $"SELECT count(*) FROM {Sessions}"), 1, 10);
        Assert.Equal((WarmingCalls + Calls) * LongLines, await NumberAsync(database, "SELECT count(*) FROM word"));
    }

    private static string Sessions => "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

    private static async Task BurstAsync(HttpClient client, Uri address, int calls)
    {
        var large = $$"""{"action":"create","items":[{"text":"{{new string('x', 100_000)}}"}]}""";
        for (var call = 0; call < calls; call++)
        {
            var answers = await Task.WhenAll(
                client.PostTextAsync("word", "{", RowsClient.Json),
                client.PostTextAsync("word", large, RowsClient.Json),
                client.PostTextAsync("word?action=create&atomic=true", "{\"text\":null}\n", RowsClient.Ndjson),
                client.PostTextAsync("word?action=create&atomic=true", Lines, RowsClient.Ndjson));
            Assert.Equal([400, 413, 422, 200], answers.Select(answer => (int)answer.Status));
            await AbortAsync(address, "atomic=true", Lines);
            await AbortAsync(address, "atomic=false&continueOnError=true", "");
        }
    }

    /// <summary>Goes away in the middle of a line.</summary>
    private static async Task AbortAsync(Uri address, string mode, string lines)
    {
        await using var wire = await RowsWire.PostAsync(address, $"/entities/word/batch?action=create&{mode}");
        await wire.WriteAsync(lines + "{\"text\":\"cut");
        wire.Abort();
    }

    /// <summary>No session of the service is at work.</summary>
    private static Task UntilQuietAsync(TestDatabase database) =>
        RowsWait.UntilAsync(async () => await NumberAsync(database, $"SELECT count(*) FROM {Sessions} AND state <> 'idle'") == 0);

    /// <summary>The number of handles when it has stayed the same for a while.</summary>
    private static async Task<int> SettledAsync(int process)
    {
        var (last, times) = (HandlesOf(process), 0);
        while (times < 5)
        {
            await Task.Delay(50);
            var now = HandlesOf(process);
            (last, times) = (now, now == last ? times + 1 : 0);
        }

        return last;
    }

    private static int HandlesOf(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    private static async Task ExecuteAsync(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> NumberAsync(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>Runs where the handles of a process can be counted; elsewhere it says that it did not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "The handles of a process are counted in /proc.";
        }
    }
}
