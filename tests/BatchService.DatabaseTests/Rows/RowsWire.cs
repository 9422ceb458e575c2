using System.Net.Sockets;
using System.Text;

namespace BatchService.DatabaseTests.Rows;

/// <summary>
/// A client on a bare connection, which reads the answer while it still writes the body: over HTTP/1.1 HttpClient does one after the other.
/// </summary>
internal sealed class RowsWire : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _connection = new();
    private Stream _stream = Stream.Null;
    private StreamReader? _reader;

    public static async Task<RowsWire> PostAsync(Uri address, string path, string contentType = RowsClient.Ndjson)
    {
        var wire = new RowsWire();
        await wire._connection.ConnectAsync(address.Host, address.Port);
        wire._stream = wire._connection.GetStream();
        await wire.SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: {contentType}\r\nAccept: {RowsClient.Ndjson}, */*;q=0.1\r\n" +
            "Transfer-Encoding: chunked\r\n\r\n");
        return wire;
    }

    /// <summary>Sends a part of the body.</summary>
    public async Task WriteAsync(string text) => await SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Ends the body.</summary>
    public Task EndAsync() => SendAsync("0\r\n\r\n");

    /// <summary>The next line of the answer; null at its end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        if (_reader is null)
        {
            Assert.Equal(200, await ReadStatusAsync());
            _reader = new StreamReader(new ChunkedBody(_stream));
        }

        return await _reader.ReadLineAsync().WaitAsync(Patience);
    }

    /// <summary>Reads the head of the answer.</summary>
    public async Task<int> ReadStatusAsync()
    {
        var status = await ReadHeadLineAsync(_stream);
        string header;
        do
        {
            header = await ReadHeadLineAsync(_stream);
        }
        while (header.Length > 0);

        return int.Parse(status.Split(' ')[1]);
    }

    /// <summary>Goes away without a word.</summary>
    public void Abort() => _connection.Client.Close(0);

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<string> ReadHeadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(Patience);
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }
    }

    /// <summary>Takes the chunks of a response apart.</summary>
    private sealed class ChunkedBody(Stream inner) : Stream
    {
        private int _left;
        private bool _ended;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0 && !_ended)
            {
                _left = Convert.ToInt32(await ReadHeadLineAsync(inner), 16);
                _ended = _left == 0;
            }

            if (_ended)
            {
                return 0;
            }

            var read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            if (_left == 0)
            {
                await ReadHeadLineAsync(inner);
            }

            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
