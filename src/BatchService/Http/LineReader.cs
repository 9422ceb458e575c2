using System.Buffers;
using System.IO.Pipelines;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// Cuts a stream into lines in constant memory: at most one line and one buffer are held. Each byte is looked at once, however slowly
/// the bytes come. CRLF is accepted, a byte order mark at the start is skipped, the last line needs no line feed. A line that is too long
/// is passed over, and the next one is read as if nothing had been.
/// </summary>
internal sealed class LineReader(Stream stream, int maxBytes) : IAsyncDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
    private ReadOnlySequence<byte> _buffer;
    private byte[] _joined = [];
    private long _scanned;
    private bool _ended;
    private bool _begun;
    private bool _isSkipping;

    /// <summary>The line without its end; valid until the next read. Empty beside a <see cref="LineError"/>.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>How many lines have been read: the number of this one, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Set when this line is too long to be held; null otherwise.</summary>
    public Error? LineError { get; private set; }

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
        if (_isSkipping || _buffer.Length > maxBytes + 1L)
        {
            (_isSkipping, _buffer, _scanned) = (true, _buffer.Slice(_buffer.End), 0);
        }

        return _ended ? (_isSkipping || _buffer.Length > 0) && Take(_buffer.Length, _buffer.Length) : null;
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
        var fits = !_isSkipping && length <= maxBytes + 1L;
        var line = fits ? WithoutReturn(Contiguous(_buffer.Slice(0, length))) : default;
        fits &= line.Length <= maxBytes;
        Number++;
        Line = fits ? line : default;
        LineError = fits ? null : new Error(ErrorCodes.LineTooLong, $"Line {Number} is longer than {maxBytes} bytes.");
        (_isSkipping, _buffer, _scanned) = (false, _buffer.Slice(consumed), 0);
        return true;
    }

    private static ReadOnlyMemory<byte> WithoutReturn(ReadOnlyMemory<byte> line) => line.Span is [.., (byte)'\r'] ? line[..^1] : line;

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
