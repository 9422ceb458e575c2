using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace BatchService.Data;

/// <summary>The service's own tables, all in the schema <c>batch</c>; each row type is configured beside itself.</summary>
internal sealed class BatchDbContext(DbContextOptions<BatchDbContext> options) : DbContext(options)
{
    public const string Schema = "batch";

    /// <summary>The one way to set it up, in the service and for the migrations tooling; no data source = no database is needed.</summary>
    public static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource? dataSource)
    {
        // An exception is logged where it is handled, once; and a first start asks for a table that does not exist yet.
        options.ConfigureWarnings(warnings => warnings.Log(
            (RelationalEventId.CommandError, LogLevel.Debug),
            (RelationalEventId.ConnectionError, LogLevel.Debug)));
        if (dataSource is null)
        {
            options.UseNpgsql(Relational);
            return;
        }

        options.UseNpgsql(dataSource, Relational);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(BatchDbContext).Assembly);
    }

    private static void Relational(NpgsqlDbContextOptionsBuilder npgsql) =>
        npgsql.MigrationsHistoryTable("ef_migrations_history", Schema);
}
