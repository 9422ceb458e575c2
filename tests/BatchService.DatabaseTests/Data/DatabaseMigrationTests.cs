using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BatchService.DatabaseTests.Data;

/// <summary>Migrations on a database that is not there yet, by several processes at once.</summary>
public sealed class DatabaseMigrationTests
{
    [Fact]
    public async Task Creates_and_migrates_a_missing_database_when_eight_start_at_once()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = server.Unborn();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MigrateAsync(database.ConnectionString)));

        await using var command = database.DataSource.CreateCommand(
            "SELECT count(*) = count(DISTINCT \"MigrationId\") FROM batch.ef_migrations_history");
        Assert.True((bool?)await command.ExecuteScalarAsync());
        await using var tables = database.DataSource.CreateCommand("SELECT to_regclass('batch.idempotency_part') IS NOT NULL");
        Assert.True((bool?)await tables.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Touches_nothing_outside_its_own_schema()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);

        await using var command = database.DataSource.CreateCommand(
            """
            SELECT count(*)
            FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname NOT IN ('batch', 'information_schema') AND nspname NOT LIKE 'pg\_%'
            """);
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Has_a_migration_for_all_that_the_model_says()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = server.Unborn();
        await using var context = new BatchDbContext(Options(database.DataSource));

        Assert.False(context.Database.HasPendingModelChanges());
    }

    private static async Task MigrateAsync(string connectionString)
    {
        await using var dataSource = NpgsqlDataSource.Create(ConnectionStrings.Complete(connectionString, new DatabaseOptions()));
        await using var context = new BatchDbContext(Options(dataSource));
        await DatabaseMigration.RunAsync(context, dataSource, CancellationToken.None);
    }

    private static DbContextOptions<BatchDbContext> Options(NpgsqlDataSource dataSource)
    {
        var options = new DbContextOptionsBuilder<BatchDbContext>();
        BatchDbContext.Configure(options, dataSource);
        return options.Options;
    }
}
