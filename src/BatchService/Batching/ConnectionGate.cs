using System.Diagnostics;
using Npgsql;

namespace BatchService.Batching;

/// <summary>
/// Lets as many batches write at once as the pool has connections. Who finds none free waits a moment and is then refused, so that
/// load beyond what the database can serve is answered quickly instead of queued without bound.
/// </summary>
/// <param name="pool">Gives the connections.</param>
/// <param name="afresh">Opens one for a single use, which prepares no statements.</param>
internal sealed class ConnectionGate(
    NpgsqlDataSource pool, NpgsqlDataSource afresh, int connections, TimeSpan patience, BatchMetrics? metrics = null) : IDisposable
{
    private readonly SemaphoreSlim _free = new(connections, connections);

    /// <summary>Connections that batches use now.</summary>
    public int Taken => connections - _free.CurrentCount;

    /// <summary>An open connection; disposing the lease gives it back.</summary>
    /// <exception cref="BatchFaultException">OVERLOADED when none is free in time, DATABASE_UNAVAILABLE when the database cannot be reached.</exception>
    public Task<Lease> OpenAsync(CancellationToken cancellationToken) => OpenAsync(pool, cancellationToken);

    /// <summary>The same, not of the pool: for who has met with a connection of it that is lost or has lost track.</summary>
    public Task<Lease> OpenAfreshAsync(CancellationToken cancellationToken) => OpenAsync(afresh, cancellationToken);

    public void Dispose() => _free.Dispose();

    private async Task<Lease> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var isFree = await _free.WaitAsync(patience, cancellationToken);
        metrics?.Waited(Stopwatch.GetElapsedTime(began), inVain: !isFree);
        if (!isFree)
            throw DatabaseFaults.Busy();
        try
        {
            return new Lease(await source.OpenConnectionAsync(cancellationToken), _free);
        }
        catch (Exception exception)
        {
            _free.Release();
            if (exception is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
                throw DatabaseFaults.Unavailable(exception);
            throw;
        }
    }

    /// <summary>A connection and its place at the gate.</summary>
    internal sealed class Lease(NpgsqlConnection connection, SemaphoreSlim free) : IAsyncDisposable
    {
        public NpgsqlConnection Connection => connection;

        public async ValueTask DisposeAsync()
        {
            try
            {
                await connection.DisposeAsync();
            }
            finally
            {
                free.Release();
            }
        }
    }
}
