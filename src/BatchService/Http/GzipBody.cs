using System.Buffers.Binary;
using System.IO.Compression;

namespace BatchService.Http;

/// <summary>
/// Decompresses gzip and insists on its end. <see cref="GZipStream"/> takes a stream that was cut off for a whole one (measured), which
/// would lose rows in silence; so the length in the trailer is compared. The body must be a single gzip member.
/// </summary>
internal sealed class GzipBody : ForwardStream
{
    private readonly Tail _tail;
    private readonly GZipStream _gzip;
    private long _length;

    public GzipBody(Stream compressed)
    {
        _tail = new Tail(compressed);
        _gzip = new GZipStream(_tail, CompressionMode.Decompress);
    }

    /// <summary>Throws <see cref="InvalidDataException"/> when the data is broken or cut off.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _gzip.ReadAsync(buffer, cancellationToken);
        _length += read;
        if (read == 0 && buffer.Length > 0 && _tail.Length > 0 && _tail.LastFour != unchecked((uint)_length))
        {
            throw new InvalidDataException("The gzip stream is cut off or has more than one member.");
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Passes bytes through and remembers the last four: ISIZE of RFC 1952.</summary>
    private sealed class Tail(Stream inner) : ForwardStream
    {
        private readonly byte[] _last = new byte[sizeof(uint)];
        private long _length;

        public override long Length => _length;

        public uint LastFour => BinaryPrimitives.ReadUInt32LittleEndian(_last);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            _length += read;
            Remember(buffer.Span[..read]);
            return read;
        }

        private void Remember(ReadOnlySpan<byte> bytes)
        {
            var kept = Math.Max(0, _last.Length - bytes.Length);
            _last.AsSpan(_last.Length - kept).CopyTo(_last);
            bytes[^(_last.Length - kept)..].CopyTo(_last.AsSpan(kept));
        }
    }
}
