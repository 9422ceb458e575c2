using System.Buffers;
using System.IO.Pipelines;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// Cuts a stream into records that end with a line feed, in constant memory: at most one record and one buffer are held. Each byte is
/// looked at once, however slowly the bytes come. CRLF is accepted, a byte order mark at the start is skipped.
/// </summary>
/// <param name="quoted">CSV: a line feed between double quotes does not end the record.</param>
internal sealed class RecordReader(Stream stream, int maxBytes, bool quoted) : IAsyncDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
    private ReadOnlySequence<byte> _buffer;
    private byte[] _joined = [];
    private long _scanned;
    private bool _inQuotes;
    private bool _ended;
    private bool _begun;
    private long _nextLine = 1;

    /// <summary>The record without its line end; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Record { get; private set; }

    /// <summary>The line of the stream, from 1, on which the record begins.</summary>
    public long Line { get; private set; }

    /// <summary>Why reading ended before the end; null otherwise.</summary>
    public Error? Error { get; private set; }

    /// <summary>Moves to the next record; false at the end of the stream and after an <see cref="Error"/>.</summary>
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

    /// <summary>The answer of a read, as far as the bytes at hand can tell: most records need no waiting and no state machine.</summary>
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
        var at = _scanned;
        foreach (var segment in _buffer.Slice(_scanned))
        {
            var rest = segment.Span;
            while (Hit(rest) is >= 0 and var hit)
            {
                if (rest[hit] == '\n' && !_inQuotes)
                {
                    return at + hit;
                }

                _inQuotes = !_inQuotes;
                at += hit + 1;
                rest = rest[(hit + 1)..];
            }

            at += rest.Length;
        }

        _scanned = at;
        return -1;
    }

    private int Hit(ReadOnlySpan<byte> bytes) => (quoted, _inQuotes) switch
    {
        (false, _) => bytes.IndexOf((byte)'\n'),
        (true, false) => bytes.IndexOfAny((byte)'\n', (byte)'"'),
        (true, true) => bytes.IndexOf((byte)'"'),
    };

    private bool Take(long length, long consumed)
    {
        if (length > maxBytes + 1L)
        {
            return TooLong();
        }

        var record = Contiguous(_buffer.Slice(0, length));
        Record = record.Span is [.., (byte)'\r'] ? record[..^1] : record;
        if (Record.Length > maxBytes)
        {
            return TooLong();
        }

        Line = _nextLine;
        _nextLine += (quoted ? record.Span.Count((byte)'\n') : 0) + 1;
        _buffer = _buffer.Slice(consumed);
        (_scanned, _inQuotes) = (0, false);
        return true;
    }

    private bool TooLong()
    {
        Error = new Error(ErrorCodes.LineTooLong, $"Line {_nextLine} is longer than {maxBytes} bytes.");
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
