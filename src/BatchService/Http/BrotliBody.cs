using System.Buffers;
using System.IO.Compression;

namespace BatchService.Http;

/// <summary>
/// Decompresses Brotli and insists on its end: <see cref="BrotliStream"/> takes a stream that was cut off for a whole one (measured),
/// the decoder below it knows.
/// </summary>
internal sealed class BrotliBody : ForwardStream
{
    private readonly Stream _compressed;
    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private BrotliDecoder _decoder;
    private Memory<byte> _pending;
    private bool _started;
    private bool _done;
    private bool _disposed;

    public BrotliBody(Stream compressed)
    {
        _compressed = compressed;
        _decoder = new BrotliDecoder();
    }

    /// <summary>Throws <see cref="InvalidDataException"/> when the data is broken, cut off, or followed by something else.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_done && buffer.Length > 0)
        {
            var status = _decoder.Decompress(_pending.Span, buffer.Span, out var consumed, out var written);
            _pending = _pending[consumed..];
            _done = status == OperationStatus.Done;
            if (status == OperationStatus.InvalidData)
            {
                throw new InvalidDataException("The Brotli stream is broken.");
            }

            if (written > 0)
            {
                return written;
            }

            if (!_done && !await FillAsync(cancellationToken))
            {
                return _started ? throw new InvalidDataException("The Brotli stream is cut off.") : 0;
            }
        }

        if (_done && buffer.Length > 0 && (_pending.Length > 0 || await FillAsync(cancellationToken)))
        {
            throw new InvalidDataException("Something follows the Brotli stream.");
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _decoder.Dispose();
            ArrayPool<byte>.Shared.Return(_input);
            _compressed.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        // The decoder may want more input while it keeps none: it has taken in what it was given.
        var read = await _compressed.ReadAsync(_input, cancellationToken);
        _pending = _input.AsMemory(0, read);
        _started |= read > 0;
        return read > 0;
    }
}
