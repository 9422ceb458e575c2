namespace BatchService.DatabaseTests.Reliability;

/// <summary>The service as a process on a database of its own, to be killed and started again under its clients.</summary>
internal sealed class ReliabilityService : IAsyncDisposable
{
    private readonly string[] _settings;
    private readonly TestDatabase _database;
    private ServiceProcess? _process;
    private HttpClient _http = new();

    private ReliabilityService(TestDatabase database, string connectionString, string[] settings)
    {
        _database = database;
        _settings = [$"ConnectionStrings:Batch={connectionString}", "Serilog:MinimumLevel=Error", .. settings];
    }

    public Npgsql.NpgsqlDataSource Database => _database.DataSource;

    /// <summary>To the process that runs now, or ran last.</summary>
    public HttpClient Http => Volatile.Read(ref _http);

    public static Task<ReliabilityService> StartAsync(params string[] settings) => StartAsync(direct => direct, settings);

    /// <summary>Starts the service on the connection string that the route gives; the tests keep the direct one.</summary>
    public static async Task<ReliabilityService> StartAsync(Func<string, string> route, params string[] settings)
    {
        var server = await PostgresServer.OfThisRunAsync();
        var database = await server.CreateDatabaseAsync(ReliabilityLedger.Template);
        var service = new ReliabilityService(database, route(database.ConnectionString), settings);
        await service.StartProcessAsync();
        return service;
    }

    public async Task KillAndStartAgainAsync()
    {
        await _process!.KillAsync();
        await _process.DisposeAsync();
        await StartProcessAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        _http.Dispose();
        await _database.DisposeAsync();
    }

    private async Task StartProcessAsync()
    {
        _process = await ServiceProcess.StartAsync(_settings);
        Assert.True(_process.Address is not null, _process.Output);

        // The former client is left to those who still wait on it.
        Volatile.Write(ref _http, new HttpClient { BaseAddress = _process.Address, Timeout = TimeSpan.FromSeconds(30) });
    }
}
