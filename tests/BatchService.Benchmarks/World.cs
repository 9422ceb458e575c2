using BatchService.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>
/// What all lines share: one PostgreSQL with durability on, one database with the Chinook sample, one service. All of it
/// goes with this object.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    private const string DatabaseName = "benchmark";

    private readonly string _folder;
    private readonly EmbeddedPostgres _postgres;

    private World(string folder, EmbeddedPostgres postgres, NpgsqlDataSource database, ServiceProcess service)
    {
        _folder = folder;
        _postgres = postgres;
        Database = database;
        Service = service;
        Client = new ServiceClient(service.Address);
    }

    /// <summary>Past the service, for baselines.</summary>
    public NpgsqlDataSource Database { get; }

    public ServiceProcess Service { get; }

    public ServiceClient Client { get; }

    /// <summary>With the password, unlike that of <see cref="Database"/>.</summary>
    public string ConnectionString => ConnectionStringTo(_postgres, DatabaseName);

    public static async Task<World> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("batchservice-benchmark-").FullName;
        EmbeddedPostgres? postgres = null;
        ServiceProcess? service = null;
        try
        {
            postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresPlan(folder), NullLogger.Instance, cancellationToken);
            await using (var server = NpgsqlDataSource.Create(postgres.ConnectionString))
            {
                await using var create = server.CreateCommand($"CREATE DATABASE {DatabaseName}");
                await create.ExecuteNonQueryAsync(cancellationToken);
            }

            var database = NpgsqlDataSource.Create(ConnectionStringTo(postgres, DatabaseName) + ";Include Failed Batched Command=true");
            service = await ServiceProcess.StartAsync(ConnectionStringTo(postgres, DatabaseName), jobWorkers: 0, cancellationToken);

            // Autovacuum would run in some lines and not in others.
            await ExecuteAsync(
                database,
                $"""
                {BadRows.Table};
                {Commits.PlainTable};
                ALTER TABLE batch.attestation SET (autovacuum_enabled = false);
                ALTER TABLE invoice_line SET (autovacuum_enabled = false);
                ALTER TABLE bench_row SET (autovacuum_enabled = false);
                VACUUM ANALYZE
                """,
                cancellationToken);
            return new World(folder, postgres, database, service);
        }
        catch
        {
            await (service?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
            Remove(folder);
            throw;
        }
    }

    /// <summary>Lets every line begin alike: empty tables, everything before it on disk.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) =>
        ExecuteAsync(Database, $"TRUNCATE invoice_line, bench_row, batch.attestation, bench_attestation; {BadRows.Taken}; CHECKPOINT", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Service.DisposeAsync();
        await Database.DisposeAsync();
        await _postgres.DisposeAsync();
        Remove(_folder);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string statements, CancellationToken cancellationToken)
    {
        // One by one: VACUUM and CHECKPOINT do not run in the transaction that several statements of one message share.
        foreach (var statement in statements.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = database.CreateCommand(statement);
            command.CommandTimeout = 300;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static string ConnectionStringTo(EmbeddedPostgres postgres, string database) =>
        new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = database }.ConnectionString;

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
