using Npgsql;

namespace BatchService.DatabaseTests;

/// <summary>A database of its own for one test class or test; dropped with this object.</summary>
internal sealed class TestDatabase(PostgresServer server, string connectionString, string name) : IAsyncDisposable
{
    public string ConnectionString => connectionString;

    /// <summary>For looking at the database, and for filling it.</summary>
    public NpgsqlDataSource DataSource { get; } = NpgsqlDataSource.Create(connectionString);

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await server.DropAsync(name);
    }
}
