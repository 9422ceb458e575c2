using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>What happens to a COMMIT on its way.</summary>
internal enum CommitFault
{
    /// <summary>It does not arrive; the connection ends.</summary>
    LoseCommit,

    /// <summary>The same, by a reset.</summary>
    ResetBefore,

    /// <summary>It arrives, and the connection ends at once, perhaps before it is done.</summary>
    CutBehind,

    /// <summary>It is done; its reply is lost with the connection.</summary>
    LoseReply,

    /// <summary>The same, by a reset.</summary>
    ResetAfter,
}

/// <summary>A TCP proxy before PostgreSQL that reads the frontend's messages and spoils a COMMIT when it is told to.</summary>
internal sealed class ReliabilityProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _armed = -1;
    private int _commitsToPass;
    private int _hidesStatus;

    /// <summary>Listens, and leads to the database of the connection string.</summary>
    public ReliabilityProxy(string connectionString)
    {
        var direct = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (direct.Host!, direct.Port);
        _listener.Start();
        _accepting = AcceptAsync();
        direct.Host = "127.0.0.1";
        direct.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;

        // It reads along.
        direct.SslMode = SslMode.Disable;
        direct.GssEncryptionMode = GssEncryptionMode.Disable;
        ConnectionString = direct.ConnectionString;
    }

    /// <summary>Leads through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>True: who asks for the status of a transaction loses the connection, so that the fate of a COMMIT cannot be learned.</summary>
    public bool HidesStatus
    {
        get => Volatile.Read(ref _hidesStatus) == 1;
        set => Volatile.Write(ref _hidesStatus, value ? 1 : 0);
    }

    /// <summary>True until the fault has happened.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) >= 0;

    /// <summary>Ends when the fault has run its course: where the COMMIT was to be done, it is done.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Lets the fault happen once, to a COMMIT that follows after <paramref name="commitsToPass"/> others.</summary>
    public void Arm(CommitFault fault, int commitsToPass = 0)
    {
        _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _commitsToPass, commitsToPass);
        Volatile.Write(ref _armed, (int)fault);
    }

    public void Disarm() => Volatile.Write(ref _armed, -1);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_host, _port, _ended.Token);
                var replies = new Replies(server.GetStream(), client.GetStream());
                var forth = ForwardAsync(client, server.GetStream(), replies);
                await Task.WhenAny(forth, replies.ForwardAsync(_ended.Token));
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // One side is gone; both are closed.
            }
        }
    }

    private async Task ForwardAsync(TcpClient client, NetworkStream server, Replies replies)
    {
        var source = client.GetStream();
        for (var isFirst = true; ; isFirst = false)
        {
            // The first message of a connection has no type.
            var head = new byte[isFirst ? 4 : 5];
            await source.ReadExactlyAsync(head, _ended.Token);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(head.Length - 4)) - 4];
            await source.ReadExactlyAsync(body, _ended.Token);
            if (HidesStatus && body.AsSpan().IndexOf("pg_xact_status"u8) >= 0)
                return;
            var fault = !isFirst && IsCommit(head[0], body) ? Take() : null;
            if (fault is CommitFault.LoseReply or CommitFault.ResetAfter)
                replies.Swallow();
            if (fault is not (CommitFault.LoseCommit or CommitFault.ResetBefore))
            {
                await server.WriteAsync(head, _ended.Token);
                await server.WriteAsync(body, _ended.Token);
            }
            if (fault is null)
                continue;
            if (fault is CommitFault.LoseReply or CommitFault.ResetAfter)
                await replies.Swallowed.WaitAsync(_ended.Token);
            if (fault is CommitFault.ResetBefore or CommitFault.ResetAfter)
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            _lost.TrySetResult();
            return;
        }
    }

    /// <summary>A query, or a statement to be prepared, of which the text is this and no more (READ COMMITTED is in every BEGIN).</summary>
    private static bool IsCommit(byte type, ReadOnlySpan<byte> body) => type is (byte)'Q' or (byte)'P' && body.IndexOf("COMMIT\0"u8) >= 0;

    private CommitFault? Take()
    {
        if (!IsArmed || Interlocked.Decrement(ref _commitsToPass) >= 0)
            return null;
        var armed = Interlocked.Exchange(ref _armed, -1);
        return armed < 0 ? null : (CommitFault)armed;
    }

    /// <summary>The way back, which can be cut.</summary>
    private sealed class Replies(NetworkStream server, NetworkStream client)
    {
        private readonly TaskCompletionSource _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isCut;

        /// <summary>Ends when the server has replied and nobody heard it.</summary>
        public Task Swallowed => _swallowed.Task;

        public void Swallow() => _isCut = true;

        public async Task ForwardAsync(CancellationToken cancellationToken)
        {
            var buffer = new byte[16 * 1024];
            while (await server.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                if (_isCut)
                {
                    _swallowed.TrySetResult();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }
}
