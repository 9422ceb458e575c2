using System.Collections.Concurrent;
using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.DatabaseTests;

/// <summary>The server of this test run, with a template database for each <see cref="DatabaseTemplate"/> asked for.</summary>
/// <remarks>TEST_DATABASE_URL names one that is there; otherwise an embedded one in a temporary folder goes with this process.</remarks>
internal sealed class PostgresServer
{
    private static readonly Lazy<Task<PostgresServer>> Run = new(StartAsync);

    private readonly string _connectionString;
    private readonly string _prefix = $"batch_test_{Guid.NewGuid():N}"[..20];
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _templates = new(StringComparer.Ordinal);
    private readonly EmbeddedPostgres? _embedded;
    private int _databases;

    private PostgresServer(string connectionString, EmbeddedPostgres? embedded)
    {
        _connectionString = connectionString;

        // Held for the whole run: collected, it would close its pipe to the watchdog, which would stop the server.
        _embedded = embedded;
    }

    public static Task<PostgresServer> OfThisRunAsync() => Run.Value;

    /// <summary>Copies the template into a database that only the caller uses; some 50 ms.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(DatabaseTemplate template)
    {
        var source = await _templates.GetOrAdd(template.Name, _ => new Lazy<Task<string>>(() => CreateTemplateAsync(template))).Value;
        var name = NewName();
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {source}");
        return new TestDatabase(this, ConnectionStringTo(name), name);
    }

    /// <summary>A name that no database has; nothing is created.</summary>
    public TestDatabase Unborn()
    {
        var name = NewName();
        return new TestDatabase(this, ConnectionStringTo(name), name);
    }

    /// <summary>Drops it, whoever is connected.</summary>
    public Task DropAsync(string name) => ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    private static async Task<PostgresServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("TEST_DATABASE_URL") is { Length: > 0 } url)
        {
            return External(ConnectionStrings.FromUrl(url));
        }

#if USE_TESTCONTAINERS
        return External(await ContainerServer.StartAsync());
#else
        var plan = new EmbeddedPostgresPlan(TemporaryFolder.NewPath(), Temporary: true);
        var embedded = await EmbeddedPostgres.StartAsync(plan, NullLogger.Instance, CancellationToken.None);
        var server = new PostgresServer(embedded.ConnectionString, embedded);
        if (OperatingSystem.IsWindows())
        {
            // Elsewhere the watchdog sees this process end, however it ends.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => server._embedded!.DisposeAsync().AsTask().Wait();
        }

        return server;
#endif
    }

    /// <summary>A server that outlives the run: its templates are dropped at the end.</summary>
    private static PostgresServer External(string connectionString)
    {
        var server = new PostgresServer(connectionString, null);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DropTemplates();
        return server;
    }

    private async Task<string> CreateTemplateAsync(DatabaseTemplate template)
    {
        var name = $"{_prefix}_{template.Name}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        await using (var dataSource = NpgsqlDataSource.Create(ConnectionStringTo(name)))
        {
            var options = new DbContextOptionsBuilder<BatchDbContext>();
            BatchDbContext.Configure(options, dataSource);
            await using (var context = new BatchDbContext(options.Options))
            {
                await DatabaseMigration.RunAsync(context, dataSource, CancellationToken.None);
            }

            await template.FillAsync(dataSource, CancellationToken.None);
        }

        // A database that somebody is connected to cannot be copied.
        await ExecuteAsync($"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false");
        return name;
    }

    private void DropTemplates()
    {
        foreach (var name in _templates.Keys)
        {
            using var connection = new NpgsqlConnection(_connectionString + ";Pooling=false");
            connection.Open();
            using var command = new NpgsqlCommand($"DROP DATABASE IF EXISTS {_prefix}_{name} WITH (FORCE)", connection);
            command.ExecuteNonQuery();
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        // A connection each: classes create and drop in parallel, and a pool would stay connected after them.
        await using var connection = new NpgsqlConnection(_connectionString + ";Pooling=false;Command Timeout=120");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private string NewName() => $"{_prefix}_{Interlocked.Increment(ref _databases)}";

    private string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder(_connectionString) { Database = database }.ConnectionString;
}
