using BatchService.Entities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>A database of its own with the schema of nasty.sql, and the catalog that was read from it.</summary>
public sealed class NastySchema : IAsyncLifetime
{
    private readonly string _name = $"nasty_{Guid.NewGuid():N}";
    private string _server = "";

    internal NpgsqlDataSource DataSource { get; private set; } = null!;

    internal Catalog Catalog { get; private set; } = null!;

    internal CatalogReader Reader(EntitiesOptions options) =>
        new(DataSource, Options.Create(options), TimeProvider.System, NullLogger<CatalogReader>.Instance);

    public async Task InitializeAsync()
    {
        _server = Environment.GetEnvironmentVariable("TEST_DATABASE_URL")
            ?? throw new InvalidOperationException("TEST_DATABASE_URL must hold an Npgsql connection string.");
        await OnServerAsync($"CREATE DATABASE {_name}");
        DataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server) { Database = _name }.ConnectionString);
        using var script = new StreamReader(typeof(NastySchema).Assembly.GetManifestResourceStream("nasty.sql")!);
        await using var command = DataSource.CreateCommand(await script.ReadToEndAsync());
        await command.ExecuteNonQueryAsync();
        Catalog = await Reader(new EntitiesOptions { Schemas = ["public", "sales"] }).ReadAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await OnServerAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }

    private async Task OnServerAsync(string sql)
    {
        await using var server = NpgsqlDataSource.Create(_server);
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
