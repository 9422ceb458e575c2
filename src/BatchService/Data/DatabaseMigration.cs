using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BatchService.Data;

/// <summary>Brings the database up to the service's migrations; safe when several processes start at once.</summary>
internal static class DatabaseMigration
{
    // Limits that are right for requests are wrong here: an index on a large table, or waiting for the process that migrates right
    // now. The lock goes first because CREATE DATABASE and CREATE SCHEMA IF NOT EXISTS fail when two run at once.
    private const string Prelude =
        """
        SET statement_timeout = 0;
        SET lock_timeout = 0;
        SELECT pg_advisory_lock(4706208613501429872);
        """;

    /// <summary>Creates the database where it is missing, then applies what is not applied yet.</summary>
    public static async Task RunAsync(BatchDbContext context, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await EnsureDatabaseAsync(dataSource, cancellationToken);

        // Asked first, because MigrateAsync needs the right to create a schema even where there is nothing to do.
        await context.Database.OpenConnectionAsync(cancellationToken);
        if (!(await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            return;
        }

        context.Database.SetCommandTimeout(0);
        await context.Database.ExecuteSqlRawAsync(Prelude, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);

        // The pool resets a session only when it is used again; until then the lock would be held. After a failure the process ends.
        await context.Database.ExecuteSqlRawAsync("SELECT pg_advisory_unlock_all()", cancellationToken);
    }

    private static async Task EnsureDatabaseAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await CreateDatabaseAsync(dataSource, cancellationToken);
        }
    }

    private static async Task CreateDatabaseAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString);
        await using var connection = dataSource.CreateConnection();
        await using var maintenance = await connection.CloneWithAsync(
            $"{target.ConnectionString};Database=postgres;Pooling=false;Command Timeout=0",
            cancellationToken);
        await maintenance.OpenAsync(cancellationToken);
        await using var prelude = new NpgsqlCommand(Prelude, maintenance);
        await prelude.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(target.Database!)}",
            maintenance);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Another process was faster.
        }
    }
}
