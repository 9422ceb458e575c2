using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Ends the work of a synchronous call when its time is over or its client is gone.</summary>
internal sealed class RequestDeadline : IDisposable
{
    private readonly CancellationTokenSource _over;

    private RequestDeadline(CancellationTokenSource over) => _over = over;

    /// <summary>True when the time of the request is over; also after its deadline was disposed of.</summary>
    public static bool IsOver(HttpContext context) => context.Features.Get<RequestDeadline>()?._over.IsCancellationRequested == true;

    public CancellationToken Token => _over.Token;

    public static RequestDeadline Start(HttpContext context, BatchOptions limits)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        over.CancelAfter(TimeSpan.FromSeconds(limits.DeadlineSeconds));
        var deadline = new RequestDeadline(over);
        context.Features.Set(deadline);
        return deadline;
    }

    public void Dispose() => _over.Dispose();
}
