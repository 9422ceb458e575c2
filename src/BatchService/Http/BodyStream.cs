using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// A request body on its way in, no longer than a limit. What is over it or cannot be decompressed is a
/// <see cref="BatchFaultException"/>, never the decoder's own exception, which would pass for a defect of the service.
/// </summary>
internal sealed class BodyStream(Stream inner, long maxBytes) : ForwardStream
{
    private long _length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // One byte more than allowed is enough to know.
        var room = (int)Math.Min(buffer.Length, Math.Min(maxBytes - _length, int.MaxValue - 1) + 1);
        var read = await ReadInnerAsync(buffer[..room], cancellationToken);
        _length += read;
        return _length <= maxBytes ? read : throw new BatchFaultException(TooLarge(maxBytes));
    }

    public static Error TooLarge(long maxBytes) =>
        new(ErrorCodes.BodyTooLarge, $"The body is larger than {maxBytes} bytes (decompressed).");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new BatchFaultException(
                new Error(ErrorCodes.MalformedJson, "The compressed body cannot be decompressed: it is broken or cut off."), exception);
        }
    }
}
