using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>One open connection for each client of a baseline.</summary>
internal sealed class Connections : IAsyncDisposable
{
    private readonly List<NpgsqlConnection> _connections = [];

    public NpgsqlConnection this[int client] => _connections[client];

    /// <summary>Loads the database past the service, a connection a client.</summary>
    public static async Task<Sample> RunAsync(
        NpgsqlDataSource database,
        int clients,
        TimeSpan duration,
        Func<NpgsqlConnection, int, CancellationToken, Task<int>> call,
        CancellationToken cancellationToken)
    {
        await using var connections = new Connections();
        for (var client = 0; client < clients; client++)
        {
            connections._connections.Add(await database.OpenConnectionAsync(cancellationToken));
        }

        return await Load.RunAsync(clients, duration, (client, token) => call(connections[client], client, token), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }
}
