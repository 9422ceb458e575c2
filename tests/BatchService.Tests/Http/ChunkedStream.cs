using BatchService.Http;

namespace BatchService.Tests.Http;

/// <summary>Hands out its bytes in pieces of given sizes, as a network does.</summary>
internal sealed class ChunkedStream(byte[] bytes, params int[] sizes) : ForwardStream
{
    private int _at;
    private int _reads;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var size = sizes.Length == 0 ? bytes.Length : sizes[_reads++ % sizes.Length];
        var count = Math.Min(Math.Min(size, bytes.Length - _at), buffer.Length);
        bytes.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return ValueTask.FromResult(count);
    }
}
