using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Ends the work of a synchronous call when its time is over or its client is gone.</summary>
internal sealed class RequestDeadline : IDisposable
{
    private readonly CancellationTokenSource _over;

    private RequestDeadline(CancellationTokenSource over) => _over = over;

    public CancellationToken Token => _over.Token;

    public static RequestDeadline Start(HttpContext context, BatchOptions limits)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var time = TimeOf(context.GetPreferences(), TimeSpan.FromSeconds(limits.DeadlineSeconds));
        if (time > TimeSpan.Zero)
            over.CancelAfter(time);
        else
            over.Cancel();
        return new RequestDeadline(over);
    }

    /// <summary>What the client asks for with <c>wait</c>, if that is shorter; a job is accepted in its own time.</summary>
    private static TimeSpan TimeOf(Preferences preferences, TimeSpan limit) =>
        preferences is { RespondAsync: false, Wait: { } wait } && wait < limit ? wait : limit;

    public void Dispose() => _over.Dispose();
}
