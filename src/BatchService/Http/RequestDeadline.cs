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
        over.CancelAfter(TimeSpan.FromSeconds(limits.DeadlineSeconds));
        return new RequestDeadline(over);
    }

    public void Dispose() => _over.Dispose();
}
