using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace BatchService.Data;

/// <summary>How an embedded server is run.</summary>
/// <param name="Folder">The data root; null = the platform's place.</param>
/// <param name="Temporary">For tests: no durability, stopped without ceremony, the folder removed with it.</param>
/// <param name="Search">Where its binaries come from; null = this machine.</param>
internal sealed record EmbeddedPostgresPlan(string? Folder, bool Temporary = false, PostgresSearch? Search = null);

/// <summary>A PostgreSQL server of our own on a free port of loopback; it ends with this object, at the latest with us.</summary>
internal sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const int Attempts = 3;

    private readonly EmbeddedPostgresPlan _plan;
    private readonly DataRoot _root;
    private readonly PostgresAccount _account;
    private readonly PostgresCluster _cluster;
    private readonly PostgresBinaries _binaries;
    private readonly ILogger _logger;
    private Watchdog? _watchdog;
    private bool _isOurs;

    private EmbeddedPostgres(
        EmbeddedPostgresPlan plan,
        DataRoot root,
        PostgresAccount account,
        PostgresBinaries binaries,
        ILogger logger)
    {
        _plan = plan;
        _root = root;
        _account = account;
        _binaries = binaries;
        _cluster = new PostgresCluster(root.Folder, binaries.Major);
        _logger = logger;
    }

    /// <summary>To the database <c>postgres</c>, as the server's superuser.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>The server's process id.</summary>
    public int ProcessId => PostmasterFile.FindRunning(_cluster.Folder)?.ProcessId ?? 0;

    /// <summary>Finds the binaries, creates the data where there is none, starts the server or goes on with one that was left.</summary>
    public static async Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresPlan plan, ILogger logger, CancellationToken cancellationToken)
    {
        var account = PostgresAccount.ForThisProcess();
        var root = DataRoot.Open(Path.GetFullPath(plan.Folder ?? DataRoot.Default(account)), account);
        EmbeddedPostgres? server = null;
        try
        {
            var search = plan.Search ?? PostgresSearch.OfThisMachine(DataRoot.Cache(account));
            var binaries = await search.FindAsync(account, root.Majors(), logger, cancellationToken);
            server = new EmbeddedPostgres(plan, root, account, binaries, logger);
            await server.StartAsync(cancellationToken);
            LogStarted(logger, binaries.Major, root.Folder);
            return server;
        }
        catch
        {
            await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
            root.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_watchdog is null)
        {
            return;
        }

        if (_isOurs && PostmasterFile.FindRunning(_cluster.Folder) is not null)
        {
            // Not to be cancelled: data is flushed here.
            var mode = _plan.Temporary ? "immediate" : "fast";
            var result = await ControlAsync(["-m", mode, "-t", "60", "-w", "stop"], CancellationToken.None);
            if (result.ExitCode != 0)
            {
                LogStopFailed(_logger, result.Output);
            }
        }

        await _watchdog.DisposeAsync();
        _watchdog = null;
        _root.Dispose();
        if (_plan.Temporary)
        {
            Directory.Delete(_root.Folder, recursive: true);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _cluster.InitializeAsync(_binaries, _account, cancellationToken);
        await Watchdog.WaitForFormerAsync(_cluster, cancellationToken);
        _watchdog = Watchdog.Start(_cluster, _binaries, _account, _plan.Temporary);
        if (await FindLeftServerAsync(cancellationToken) is { } left)
        {
            ConnectionString = left;
            _isOurs = true;
            LogReused(_logger, _root.Folder);
            return;
        }

        _isOurs = true;
        var problem = await TryStartAsync(cancellationToken);

        // Between our asking for a free port and the server's use of it another program may have taken it.
        for (var attempt = 2; attempt <= Attempts && problem?.Contains("could not bind", StringComparison.Ordinal) == true; attempt++)
        {
            problem = await TryStartAsync(cancellationToken);
        }

        if (problem is not null)
        {
            throw new StartupException($"PostgreSQL did not start; its log {_cluster.Log} says:\n{problem}");
        }
    }

    /// <summary>Starts the server on a free port. Returns its log when it does not come up, else null.</summary>
    private async Task<string?> TryStartAsync(CancellationToken cancellationToken)
    {
        var port = FreePort();
        File.Delete(_cluster.Log);
        var result = await ControlAsync(["-l", _cluster.Log, "-o", ServerOptions(port), "-t", "120", "-w", "start"], cancellationToken);
        if (result.ExitCode == 0)
        {
            ConnectionString = ConnectionStringTo(port);
            return null;
        }

        return File.Exists(_cluster.Log) ? (await File.ReadAllTextAsync(_cluster.Log, cancellationToken)).Trim() : result.Output;
    }

    /// <summary>A server that outlived its service and the watchdog still runs on our data: wait until it lets us in.</summary>
    private async Task<string?> FindLeftServerAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (PostmasterFile.FindRunning(_cluster.Folder) is { } running)
            {
                if (running.IsReady)
                {
                    var connectionString = ConnectionStringTo(running.Port);
                    await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
                    await connection.OpenAsync(patience.Token);
                    return connectionString;
                }

                await Task.Delay(50, patience.Token);
            }

            return null;
        }
        catch (Exception exception)
            when (exception is NpgsqlException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new StartupException(
                $"A PostgreSQL server runs on {_cluster.Folder} and does not let the service in. Stop it first.",
                exception);
        }
    }

    private Task<ChildResult> ControlAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = ChildProcess.Prepare(_account, _root.Folder, _binaries.PgCtl, ["-s", "-D", _cluster.Folder, .. arguments]);

        // On Windows the server inherits these pipes and keeps them open: waiting for their end would last as long as the server.
        start.RedirectStandardOutput = start.RedirectStandardError = !OperatingSystem.IsWindows();
        return ChildProcess.RunAsync(start, cancellationToken);
    }

    private string ServerOptions(int port)
    {
        // Failed statements are ordinary here: logged by the server they would fill the disk and repeat the callers' values.
        var options = $"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c log_min_messages=log";
        return _plan.Temporary
            ? options + " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400"
            : options;
    }

    private string ConnectionStringTo(int port) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = PostgresCluster.User,
        Password = _cluster.ReadPassword(),
        Database = "postgres",
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LoggerMessage(LogLevel.Information, "Embedded PostgreSQL {Major} runs on the data in {Folder}")]
    private static partial void LogStarted(ILogger logger, int major, string folder);

    [LoggerMessage(LogLevel.Information, "Going on with the PostgreSQL that was left running on {Folder}")]
    private static partial void LogReused(ILogger logger, string folder);

    [LoggerMessage(LogLevel.Warning, "Embedded PostgreSQL did not stop: {Output}")]
    private static partial void LogStopFailed(ILogger logger, string output);
}
