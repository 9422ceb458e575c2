using System.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Entities;

/// <summary>Reads pg_catalog into a <see cref="Catalog"/>: one batch in one snapshot, so that its parts agree with each other.</summary>
internal sealed partial class CatalogReader(
    NpgsqlDataSource dataSource,
    IOptions<EntitiesOptions> options,
    TimeProvider timeProvider,
    ILogger<CatalogReader> logger)
{
    public async Task<Catalog> ReadAsync(CancellationToken cancellationToken)
    {
        var readAt = timeProvider.GetUtcNow();
        var rows = await ReadRowsAsync(cancellationToken);
        var catalog = CatalogBuilder.Build(rows, options.Value, readAt, out var complaints);
        foreach (var complaint in complaints)
        {
            LogComplaint(complaint);
        }

        LogRead(catalog.Entities.Count);
        var refused = await RefusedFiltersAsync(catalog, cancellationToken);
        return refused.Count == 0
            ? catalog
            : new Catalog(catalog.Entities, catalog.ReadAt) { Rules = catalog.Rules.Without(refused), DatabaseRoles = catalog.DatabaseRoles };
    }

    /// <summary>Row filters that the database does not take: what cannot be kept is not granted.</summary>
    private async Task<HashSet<(string Entity, string Role)>> RefusedFiltersAsync(Catalog catalog, CancellationToken cancellationToken)
    {
        var refused = new HashSet<(string, string)>();
        foreach (var (name, role, filter) in catalog.Rules.RowFilters)
        {
            foreach (var entity in catalog.Entities.Values.Where(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                try
                {
                    // Planned, and not run: without a row to look at no claim is read.
                    await using var command = dataSource.CreateCommand($"EXPLAIN SELECT FROM {entity.Sql} WHERE (\n{filter}\n)");
                    await command.ExecuteNonQueryAsync(cancellationToken);
                }
                catch (PostgresException exception) when (exception.SqlState.StartsWith("42", StringComparison.Ordinal))
                {
                    refused.Add((name, role));
                    LogFilter(name, role, exception.SqlState, exception.MessageText);
                }
            }
        }

        return refused;
    }

    private async Task<CatalogRows> ReadRowsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(CatalogSql.Path),
                new NpgsqlBatchCommand(CatalogSql.NoJit),
                Statement(CatalogSql.Entities),
                Statement(CatalogSql.Columns),
                Statement(CatalogSql.Types),
                Statement(CatalogSql.Constraints),
                Statement(CatalogSql.Indexes),
                new NpgsqlBatchCommand(CatalogSql.Roles),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var entities = await ListAsync(reader, ReadEntity, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var columns = await ListAsync(reader, ReadColumn, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var types = await ListAsync(reader, ReadType, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var constraints = await ListAsync(reader, ReadConstraint, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var indexes = await ListAsync(reader, ReadIndex, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var roles = await ListAsync(reader, row => row.GetString(0), cancellationToken);
        return new CatalogRows(entities, columns, types, constraints, indexes, roles);
    }

    private NpgsqlBatchCommand Statement(string sql) =>
        new(sql) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. options.Value.Schemas] } } };

    private static async Task<List<T>> ListAsync<T>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var list = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(read(reader));
        }

        return list;
    }

    private static EntityRow ReadEntity(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), row.GetString(3), Text(row, 4), row.GetInt32(5), row.GetBoolean(6));

    private static ColumnRow ReadColumn(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0), row.GetString(1), row.GetFieldValue<uint>(2), row.GetInt32(3), row.GetString(4), row.GetBoolean(5),
        Text(row, 6), row.GetString(7), row.GetBoolean(8), Text(row, 9));

    private static TypeRow ReadType(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetBoolean(5),
        row.GetFieldValue<uint>(6), row.GetInt32(7), row.GetFieldValue<uint>(8), row.GetFieldValue<string[]>(9),
        row.GetFieldValue<string[]>(10), row.GetFieldValue<uint[]>(11), row.GetFieldValue<int[]>(12));

    private static ConstraintRow ReadConstraint(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetFieldValue<uint>(4),
        row.GetFieldValue<string[]>(5), row.GetFieldValue<string[]>(6));

    private static IndexRow ReadIndex(NpgsqlDataReader row) => new(
        row.GetFieldValue<uint>(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5),
        row.GetFieldValue<string[]>(6), row.GetFieldValue<string[]>(7));

    private static string? Text(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    [LoggerMessage(Level = LogLevel.Information, Message = "Catalog read: {Entities} entities")]
    private partial void LogRead(int entities);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The row filter of role '{Role}' on entity '{Entity}' is refused by the database ({SqlState}: {Reason}); the role is granted nothing there")]
    private partial void LogFilter(string entity, string role, string sqlState, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Catalog: {Complaint}")]
    private partial void LogComplaint(string complaint);
}
