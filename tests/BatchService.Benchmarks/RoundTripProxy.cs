using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>
/// Stands between a service and its PostgreSQL and counts how often the service began to wait: data that it sends while every earlier
/// request has been answered begins a round trip.
/// </summary>
internal sealed class RoundTripProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly NpgsqlConnectionStringBuilder _target;
    private readonly Task _accepting;
    private long _roundTrips;

    private RoundTripProxy(string connectionString)
    {
        _target = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public long RoundTrips => Interlocked.Read(ref _roundTrips);

    /// <summary>To the same database, through here.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_target.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

    /// <summary>Listens on a free port of loopback.</summary>
    /// <param name="connectionString">Without encryption: messages are counted as they pass.</param>
    public static RoundTripProxy Start(string connectionString) => new(connectionString);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient service)
    {
        using var client = service;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(_target.Host!, _target.Port, _end.Token);
            client.NoDelay = server.NoDelay = true;
            var requests = new MessageCounter(startsUntyped: true, 'S', 'Q');
            var answers = new MessageCounter(startsUntyped: false, 'Z');
            var pumps = new[]
            {
                PumpAsync(client.GetStream(), server.GetStream(), data =>
                {
                    // The start-up's own answer is the first 'Z', which no 'S' or 'Q' asked for.
                    if (requests.Count + 1 == answers.Count)
                        Interlocked.Increment(ref _roundTrips);
                    requests.Take(data);
                }),
                PumpAsync(server.GetStream(), client.GetStream(), answers.Take),
            };
            await Task.WhenAny(pumps);
            client.Close();
            server.Close();
            await Task.WhenAll(pumps);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // A connection ended, on either side: so does the other one.
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Action<ReadOnlyMemory<byte>> look)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            look(buffer.AsMemory(0, read));
            await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }

    /// <summary>Follows the messages of one direction through whatever pieces they come in, and counts those of some types.</summary>
    private sealed class MessageCounter(bool startsUntyped, params char[] types)
    {
        private readonly byte[] _head = new byte[5];
        private bool _isUntyped = startsUntyped;
        private int _headLength;
        private long _left;
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public void Take(ReadOnlyMemory<byte> data)
        {
            foreach (var value in data.Span)
            {
                if (_left > 0)
                {
                    _left--;
                    continue;
                }

                // The start-up message has a length and no type.
                if (_isUntyped && _headLength == 0)
                    _headLength = 1;
                _head[_headLength++] = value;
                if (_headLength < _head.Length)
                    continue;
                if (!_isUntyped && types.Contains((char)_head[0]))
                    Interlocked.Increment(ref _count);
                _left = BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(1)) - sizeof(int);
                (_headLength, _isUntyped) = (0, false);
            }
        }
    }
}
