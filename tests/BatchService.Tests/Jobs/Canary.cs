using System.Net;
using System.Net.Sockets;

namespace BatchService.Tests.Jobs;

/// <summary>Listens on a port of loopback, by IPv4 and IPv6, and counts who connects. Nobody is answered.</summary>
internal sealed class Canary : IDisposable
{
    private readonly TcpListener _four = new(IPAddress.Loopback, 0);
    private readonly TcpListener? _six;
    private int _connections;

    public Canary()
    {
        _four.Start();
        Port = ((IPEndPoint)_four.LocalEndpoint).Port;
        _ = CountAsync(_four);
        if (Socket.OSSupportsIPv6)
        {
            _six = new TcpListener(IPAddress.IPv6Loopback, Port);
            _six.Start();
            _ = CountAsync(_six);
        }
    }

    public int Port { get; }

    /// <summary>How many connected so far. Connects itself, which is not counted: who came before is then counted for certain.</summary>
    public async Task<int> CountAsync()
    {
        var before = Volatile.Read(ref _connections);
        using var probe = new TcpClient();
        await probe.ConnectAsync(IPAddress.Loopback, Port);
        while (Volatile.Read(ref _connections) == before)
        {
            await Task.Delay(1);
        }

        return Interlocked.Decrement(ref _connections);
    }

    public void Dispose()
    {
        _four.Dispose();
        _six?.Dispose();
    }

    private async Task CountAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
