namespace BatchService.Batching;

/// <summary>Tells a sender who pauses from one who is busy sending.</summary>
internal sealed class SenderPauses(TimeProvider time)
{
    /// <summary>After this long without another item, those that wait are written.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>True when a pause begins before the task ends, whatever the task's end may be.</summary>
    public async Task<bool> BeginsBeforeAsync(Task awaited, CancellationToken cancellationToken)
    {
        // Neither the timer nor what waits for it may outlive the wait: this happens at every gap between two packets.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pause = Task.Delay(Patience, time, over.Token);
        var first = await Task.WhenAny(awaited, pause);
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == pause;
    }
}
