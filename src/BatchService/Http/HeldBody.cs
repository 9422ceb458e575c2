using System.Buffers;

namespace BatchService.Http;

/// <summary>
/// The body of an answer that is written while it is read from the database. It sends only what it is told to: a writer that is disposed of
/// because of an exception flushes what it holds, and so would begin an answer that a problem should take the place of.
/// </summary>
internal sealed class HeldBody(HttpResponse response) : Stream
{
    private const int SendBytes = 32 * 1024;

    private readonly ArrayBufferWriter<byte> _held = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends what is held, once it is worth it.</summary>
    public ValueTask SendIfFullAsync(CancellationToken cancellationToken) =>
        _held.WrittenCount < SendBytes ? ValueTask.CompletedTask : new ValueTask(SendAsync(cancellationToken));

    /// <summary>Sends what is held: from now on the status line is decided.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(_held.WrittenMemory, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        _held.ResetWrittenCount();
    }

    public override void Write(ReadOnlySpan<byte> buffer) => _held.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
