using BatchService.Entities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>A database of its own with the schema of nasty.sql, and the catalog that was read from it.</summary>
public sealed class NastySchema : IAsyncLifetime
{
    private TestDatabase? _database;

    internal NpgsqlDataSource DataSource => _database!.DataSource;

    internal Catalog Catalog { get; private set; } = null!;

    internal CatalogReader Reader(EntitiesOptions options) =>
        new(DataSource, Options.Create(options), TimeProvider.System, NullLogger<CatalogReader>.Instance);

    public async Task InitializeAsync()
    {
        _database = await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(DatabaseTemplate.Empty);
        await FillAsync(DataSource);
        Catalog = await Reader(new EntitiesOptions { Schemas = ["public", "sales"] }).ReadAsync(CancellationToken.None);
    }

    public async Task DisposeAsync() => await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);

    internal static async Task FillAsync(NpgsqlDataSource database)
    {
        using var script = new StreamReader(typeof(NastySchema).Assembly.GetManifestResourceStream("nasty.sql")!);
        await using var command = database.CreateCommand(await script.ReadToEndAsync());
        await command.ExecuteNonQueryAsync();
    }
}
