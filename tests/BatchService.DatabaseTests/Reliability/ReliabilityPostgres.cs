using System.Diagnostics;
using BatchService.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A PostgreSQL server that keeps what it has acknowledged, to be stopped, killed and started again on the same port.</summary>
internal sealed class ReliabilityPostgres : IAsyncDisposable
{
    private const int StartAttempts = 10;

    private readonly TemporaryFolder _folder;
    private readonly string _data;
    private readonly EmbeddedPostgres _embedded;
    private readonly PostgresBinaries _binaries;
    private readonly PostgresAccount _account;
    private readonly int _port;

    private ReliabilityPostgres(TemporaryFolder folder, EmbeddedPostgres embedded, PostgresBinaries binaries, PostgresAccount account)
    {
        (_folder, _embedded, _binaries, _account) = (folder, embedded, binaries, account);
        _data = Directory.GetDirectories(folder.Path, "pg*").Single();
        _port = new NpgsqlConnectionStringBuilder(embedded.ConnectionString).Port;
    }

    public string ConnectionString => _embedded.ConnectionString;

    /// <summary>Where the server writes what it logs.</summary>
    public string Log => _data + ".log";

    public static async Task<ReliabilityPostgres> StartAsync()
    {
        var folder = new TemporaryFolder();
        var account = PostgresAccount.ForThisProcess();
        var embedded = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresPlan(folder.Path), NullLogger.Instance, CancellationToken.None);
        var search = PostgresSearch.OfThisMachine(DataRoot.Cache(account));
        var binaries = await search.FindAsync(account, [], NullLogger.Instance, CancellationToken.None);
        return new ReliabilityPostgres(folder, embedded, binaries, account);
    }

    /// <summary>Stops it (<c>fast</c>, <c>immediate</c>) and starts it again; ends when it takes connections.</summary>
    public async Task RestartAsync(string mode)
    {
        await ControlAsync("stop", "-m", mode);
        await StartServerAsync();
    }

    /// <summary>Kills all of its processes at once and starts it again.</summary>
    public async Task KillAndStartAgainAsync()
    {
        var server = PostmasterFile.FindRunning(_data)!.ProcessId;
        foreach (var process in ChildrenOf(server).Prepend(server))
            Kill(process);

        // Looking for it removes its file: where nobody collects dead processes, PostgreSQL takes the number in it for a server that runs.
        while (ProcessNames.AnyIn(_data, "postgres") || PostmasterFile.FindRunning(_data) is not null)
            await Task.Delay(5);

        // What the dead ones held, the port and the shared memory, may still be on its way back.
        for (var attempt = 1; attempt < StartAttempts; attempt++)
        {
            try
            {
                await StartServerAsync();
                return;
            }
            catch (Xunit.Sdk.XunitException)
            {
                await Task.Delay(200);
                _ = PostmasterFile.FindRunning(_data);
            }
        }
        await StartServerAsync();
    }

    /// <summary>Kills one backend: the server throws out everybody and recovers by itself.</summary>
    public static async Task KillBackendAsync(NpgsqlDataSource database)
    {
        try
        {
            await using var command = database.CreateCommand(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'BatchService' ORDER BY random() LIMIT 1");
            if (await command.ExecuteScalarAsync() is int process)
                Kill(process);
        }
        catch (NpgsqlException)
        {
            // It has not recovered from the last time yet.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _embedded.DisposeAsync();
        _folder.Dispose();
    }

    private Task StartServerAsync()
    {
        // fsync matters when the machine dies, not when processes do.
        var options = $"-c port={_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c log_min_messages=fatal";
        return ControlAsync("start", "-l", Log, "-o", options);
    }

    private async Task ControlAsync(params string[] arguments)
    {
        var start = ChildProcess.Prepare(_account, _folder.Path, _binaries.PgCtl, ["-s", "-w", "-t", "60", "-D", _data, .. arguments]);
        var result = await ChildProcess.RunAsync(start, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Output);
    }

    private static IEnumerable<int> ChildrenOf(int parent) =>
        File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);

    private static void Kill(int processId)
    {
        try
        {
            Process.GetProcessById(processId).Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }
}
