using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BatchService.Data;

/// <summary>The service's own tables, all in the schema <c>batch</c>. Each row type is configured beside itself, in its domain folder.</summary>
internal sealed class BatchDbContext(DbContextOptions<BatchDbContext> options) : DbContext(options)
{
    public const string Schema = "batch";

    /// <summary>The one way to set it up, in the service and for the migrations tooling; no data source = no database is needed.</summary>
    public static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource? dataSource)
    {
        if (dataSource is null)
        {
            options.UseNpgsql(npgsql => npgsql.MigrationsHistoryTable("ef_migrations_history", Schema));
            return;
        }

        options.UseNpgsql(dataSource, npgsql => npgsql.MigrationsHistoryTable("ef_migrations_history", Schema));
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(BatchDbContext).Assembly);
    }
}
