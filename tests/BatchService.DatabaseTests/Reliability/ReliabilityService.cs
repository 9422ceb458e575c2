namespace BatchService.DatabaseTests.Reliability;

/// <summary>The service as a process on a database of its own, to be killed and started again under its clients.</summary>
internal sealed class ReliabilityService : IAsyncDisposable
{
    private readonly string[] _settings;
    private readonly TestDatabase _database;
    private ServiceProcess? _process;
    private HttpClient _http = new();

    private ReliabilityService(TestDatabase database, string[] settings)
    {
        _database = database;
        _settings = [$"ConnectionStrings:Batch={database.ConnectionString}", "Serilog:MinimumLevel=Error", .. settings];
    }

    public Npgsql.NpgsqlDataSource Database => _database.DataSource;

    /// <summary>To the process that runs now, or ran last.</summary>
    public HttpClient Http => Volatile.Read(ref _http);

    public static async Task<ReliabilityService> StartAsync(params string[] settings)
    {
        var server = await PostgresServer.OfThisRunAsync();
        var service = new ReliabilityService(await server.CreateDatabaseAsync(ReliabilityLedger.Template), settings);
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
