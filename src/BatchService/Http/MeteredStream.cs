namespace BatchService.Http;

/// <summary>
/// A body of lines that is charged as it is read: who sends faster than allowed waits for the read, holding nothing of the database.
/// Line feeds are what is counted.
/// </summary>
internal sealed class MeteredStream(Stream inner, OperationCharge charge) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        await charge.WaitAsync(buffer.Span[..read].Count((byte)'\n'), cancellationToken);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
