using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BatchService.Data;

/// <summary>Brings the database up to the service's migrations; safe when several processes start at once.</summary>
internal static class DatabaseMigration
{
    /// <summary>Creates the database where it is missing, then applies what is not applied yet.</summary>
    public static async Task RunAsync(BatchDbContext context, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await CreateDatabaseAsync(dataSource, cancellationToken);
            await context.Database.OpenConnectionAsync(cancellationToken);
        }

        // Asked first, because MigrateAsync needs the right to create a schema even where there is nothing to do.
        if (!(await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            return;
        }

        // Limits that are right for requests are wrong here: an index on a large table, or waiting for the process that migrates
        // right now. The pool resets them when the connection goes back.
        context.Database.SetCommandTimeout(0);
        await context.Database.ExecuteSqlAsync($"SET statement_timeout = 0", cancellationToken);
        await context.Database.ExecuteSqlAsync($"SET lock_timeout = 0", cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }

    private static async Task CreateDatabaseAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString);
        var name = new NpgsqlCommandBuilder().QuoteIdentifier(target.Database!);
        await using var connection = dataSource.CreateConnection();
        await using var maintenance = connection.CloneWith($"{target.ConnectionString};Database=postgres;Pooling=false");
        await maintenance.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", maintenance);
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
