using System.Buffers;

namespace BatchService.Batching;

/// <summary>
/// Bytes that must wait until a batch's fate is known: in pooled memory while they are few, then in a temporary file that goes by itself.
/// </summary>
internal sealed class ResultSpool : IAsyncDisposable
{
    private const int MemoryBytes = 1024 * 1024;
    private const int BlockBytes = 32 * 1024;

    private readonly List<byte[]> _blocks = [];
    private FileStream? _file;

    public long Length { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_file is null && Length + bytes.Length > MemoryBytes)
            await MoveToFileAsync(cancellationToken);
        if (_file is not null)
            await _file.WriteAsync(bytes, cancellationToken);
        else
            Keep(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>Copies all bytes written so far; more may be written afterwards.</summary>
    public async Task CopyToAsync(Stream target, CancellationToken cancellationToken)
    {
        if (_file is not null)
        {
            _file.Position = 0;
            await _file.CopyToAsync(target, cancellationToken);
            return;
        }
        for (var (block, left) = (0, (int)Length); left > 0; block++, left -= BlockBytes)
            await target.WriteAsync(_blocks[block].AsMemory(0, Math.Min(BlockBytes, left)), cancellationToken);
    }

    /// <summary>Copies lines of JSON as the elements of an array: a line feed occurs between them only.</summary>
    public async Task CopyAsElementsAsync(Stream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[BlockBytes];
        if (_file is not null)
            _file.Position = 0;
        for (long at = 0; at < Length;)
        {
            var count = (int)Math.Min(BlockBytes, Length - at);
            if (_file is null)
                _blocks[(int)(at / BlockBytes)].AsSpan(0, count).CopyTo(buffer);
            else
                count = await _file.ReadAsync(buffer.AsMemory(0, count), cancellationToken);
            buffer.AsSpan(0, count).Replace((byte)'\n', (byte)',');
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            at += count;
        }
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        _file?.SetLength(0);
        Length = 0;
    }

    public ValueTask DisposeAsync()
    {
        ReturnBlocks();
        return _file?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Behind what is there: every block but the last one is full.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        for (var at = (int)Length; bytes.Length > 0;)
        {
            if (at / BlockBytes == _blocks.Count)
                _blocks.Add(ArrayPool<byte>.Shared.Rent(BlockBytes));
            var room = _blocks[at / BlockBytes].AsSpan(at % BlockBytes, BlockBytes - (at % BlockBytes));
            var taken = Math.Min(room.Length, bytes.Length);
            bytes[..taken].CopyTo(room);
            bytes = bytes[taken..];
            at += taken;
        }
    }

    private async Task MoveToFileAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetTempPath(), $"batch-{Guid.NewGuid():N}.spool");
        var file = new FileStream(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await CopyToAsync(file, cancellationToken);
        ReturnBlocks();
        _file = file;
    }

    private void ReturnBlocks()
    {
        foreach (var block in _blocks)
            ArrayPool<byte>.Shared.Return(block);
        _blocks.Clear();
    }
}
