namespace BatchService.Batching;

/// <summary>Bytes that must wait until a batch's fate is known: in memory while they are few, then in a temporary file that goes by itself.</summary>
internal sealed class ResultSpool : IAsyncDisposable
{
    private const int MemoryBytes = 1024 * 1024;

    private Stream _stream = new MemoryStream();

    public long Length => _stream.Length;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_stream is MemoryStream && _stream.Length + bytes.Length > MemoryBytes)
            await MoveToFileAsync(cancellationToken);
        await _stream.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Copies all bytes written so far; more may be written afterwards.</summary>
    public async Task CopyToAsync(Stream target, CancellationToken cancellationToken)
    {
        _stream.Position = 0;
        await _stream.CopyToAsync(target, cancellationToken);
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _stream.SetLength(0);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task MoveToFileAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetTempPath(), $"batch-{Guid.NewGuid():N}.spool");
        var file = new FileStream(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await CopyToAsync(file, cancellationToken);
        await _stream.DisposeAsync();
        _stream = file;
    }
}
