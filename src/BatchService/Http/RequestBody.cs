using System.Buffers;
using BatchService.Batching;
using Microsoft.AspNetCore.Http.Features;

namespace BatchService.Http;

/// <summary>A whole request body in pooled memory: decompressed, within the limit, not empty, without byte order mark.</summary>
internal sealed class RequestBody : IDisposable
{
    // Grown by doubling from here, whatever Content-Length announces: slow senders of large promises cost little.
    private const int FirstBufferBytes = 16 * 1024;

    private byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>The error of a body without a byte.</summary>
    public static readonly Error Empty = new(ErrorCodes.MalformedJson, "The request body is empty.");

    private RequestBody() => _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);

    /// <summary>Valid until the body is disposed of.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(_start.._end);

    /// <summary>Reads the body of a request whose Content-Type has been checked with <see cref="RequestMedia"/>.</summary>
    public static async Task<(RequestBody? Body, Error? Error)> ReadAsync(
        HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        var (stream, error) = Open(request, maxBytes, maxBytes);
        if (stream is null)
        {
            return (null, error);
        }

        var body = new RequestBody();
        await using (stream)
        {
            error = await body.FillAsync(stream, cancellationToken);
        }

        if (error is null)
        {
            return (body, null);
        }

        body.Dispose();
        return (null, error);
    }

    /// <summary>
    /// The body as a stream: decompressed, and ended by a <see cref="BatchFaultException"/> at the limit or where it is broken.
    /// </summary>
    /// <param name="maxBytes">Limit of the decompressed bytes; <see cref="long.MaxValue"/> for none.</param>
    /// <param name="maxWireBytes">Limit of the bytes as sent: empty compressed blocks cost time and never add up to anything.</param>
    public static (Stream? Stream, Error? Error) Open(HttpRequest request, long maxBytes, long maxWireBytes)
    {
        if (request.ContentLength > maxWireBytes)
        {
            return (null, BodyStream.TooLarge(maxBytes));
        }

        // Kestrel's own limit counts what is on the wire and would end long streams; ours takes its place.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (RequestMedia.Decode(request, new BodyStream(request.Body, maxWireBytes)) is { } decoded)
        {
            return (new BodyStream(decoded, maxBytes), null);
        }

        request.HttpContext.Response.Headers.AcceptEncoding = "gzip, br";
        return (null, new Error(ErrorCodes.UnsupportedMediaType, "The Content-Encoding must be gzip, br or none."));
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        (_start, _end) = (0, 0);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<Error?> FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken) is > 0 and var read)
            {
                _end += read;
                Grow();
            }
        }
        catch (BatchFaultException fault)
        {
            return fault.Error;
        }

        _start = Bytes.Span.StartsWith("\uFEFF"u8) ? 3 : 0;
        return _start == _end ? Empty : null;
    }

    private void Grow()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
