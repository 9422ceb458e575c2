using System.Buffers;
using System.IO.Pipelines;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// Cuts a stream into lines in constant memory: at most one line and one buffer are held. Each byte is looked at once, however slowly
/// the bytes come. CRLF is accepted, a byte order mark at the start is skipped, the last line needs no line feed.
/// </summary>
internal sealed class LineReader(Stream stream, int maxBytes) : IAsyncDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
    private ReadOnlySequence<byte> _buffer;
    private byte[] _joined = [];
    private long _scanned;
    private bool _ended;
    private bool _begun;

    /// <summary>The line without its end; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>How many lines have been read: the number of this one, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Why reading ended before the end; null otherwise.</summary>
    public Error? Error { get; private set; }

    /// <summary>Moves to the next line; false at the end of the stream and after an <see cref="Error"/>.</summary>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) =>
        TryNext() is { } found ? ValueTask.FromResult(found) : ReadOnAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_joined.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_joined);
            _joined = [];
        }

        await _pipe.CompleteAsync();
    }

    private async ValueTask<bool> ReadOnAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await FillAsync(cancellationToken);
            if (TryNext() is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>The answer of a read, as far as the bytes at hand can tell: most lines need no waiting and no state machine.</summary>
    private bool? TryNext()
    {
        if (Error is not null)
        {
            return false;
        }

        if (FindEnd() is >= 0 and var length)
        {
            return Take(length, length + 1);
        }

        // The carriage return of a CRLF does not count.
        if (_buffer.Length > maxBytes + 1L)
        {
            return TooLong();
        }

        return _ended ? _buffer.Length > 0 && Take(_buffer.Length, _buffer.Length) : null;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_begun)
            {
                _pipe.AdvanceTo(_buffer.Start, _buffer.End);
            }

            var result = await _pipe.ReadAsync(cancellationToken);
            (_buffer, _ended) = (result.Buffer, result.IsCompleted);
            if (!_begun)
            {
                await SkipMarkAsync(cancellationToken);
            }
        }
        catch (BatchFaultException fault)
        {
            (_buffer, _begun, Error) = (default, false, fault.Error);
        }
    }

    private async ValueTask SkipMarkAsync(CancellationToken cancellationToken)
    {
        while (_buffer.Length < 3 && !_ended)
        {
            _pipe.AdvanceTo(_buffer.Start, _buffer.End);
            var result = await _pipe.ReadAsync(cancellationToken);
            (_buffer, _ended) = (result.Buffer, result.IsCompleted);
        }

        _begun = true;
        if (_buffer.Length >= 3 && _buffer.Slice(0, 3).ToArray().AsSpan().SequenceEqual("\uFEFF"u8))
        {
            _buffer = _buffer.Slice(3);
        }
    }

    private long FindEnd()
    {
        foreach (var segment in _buffer.Slice(_scanned))
        {
            if (segment.Span.IndexOf((byte)'\n') is >= 0 and var hit)
            {
                return _scanned + hit;
            }

            _scanned += segment.Length;
        }

        return -1;
    }

    private bool Take(long length, long consumed)
    {
        if (length > maxBytes + 1L)
        {
            return TooLong();
        }

        var line = Contiguous(_buffer.Slice(0, length));
        line = line.Span is [.., (byte)'\r'] ? line[..^1] : line;
        if (line.Length > maxBytes)
        {
            return TooLong();
        }

        Line = line;
        Number++;
        _buffer = _buffer.Slice(consumed);
        _scanned = 0;
        return true;
    }

    private bool TooLong()
    {
        Error = new Error(ErrorCodes.LineTooLong, $"Line {Number + 1} is longer than {maxBytes} bytes.");
        return false;
    }

    private ReadOnlyMemory<byte> Contiguous(ReadOnlySequence<byte> sequence)
    {
        if (sequence.IsSingleSegment)
        {
            return sequence.First;
        }

        var length = (int)sequence.Length;
        if (_joined.Length < length)
        {
            if (_joined.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_joined);
            }

            _joined = ArrayPool<byte>.Shared.Rent(length);
        }

        sequence.CopyTo(_joined);
        return _joined.AsMemory(0, length);
    }
}
