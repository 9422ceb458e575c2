using System.Net;
using System.Net.Sockets;

namespace BatchService.DatabaseTests.Rows;

/// <summary>A way to the database that can be cut: then nobody listens, and open connections are reset.</summary>
internal sealed class RowsProxy(string host, int port) : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private TcpListener _listener = new(IPAddress.Loopback, 0);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Open()
    {
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    /// <summary>The port stays the proxy's own: <see cref="Mend"/> listens there again.</summary>
    public void Cut()
    {
        var endpoint = (IPEndPoint)_listener.LocalEndpoint;
        _listener.Stop();
        _listener = new TcpListener(endpoint);
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Close(0));
            _sockets.Clear();
        }
    }

    public void Mend() => Open();

    public void Dispose()
    {
        _listener.Stop();
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = Keep(await listener.AcceptSocketAsync());
                var server = Keep(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await server.ConnectAsync(host, port);
                _ = CopyAsync(client, server);
                _ = CopyAsync(server, client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private Socket Keep(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
        }

        return socket;
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        try
        {
            await using var source = new NetworkStream(from);
            await using var target = new NetworkStream(to);
            await source.CopyToAsync(target);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            to.Close(0);
        }
    }
}
