using BatchService.Batching;

namespace BatchService.Http;

/// <summary>What one request takes from its caller's bucket.</summary>
/// <param name="who">The caller or the address that pays.</param>
internal sealed class OperationCharge(HttpContext context, RateLimits limits, string who)
{
    /// <summary>Takes the one operation that every call counts for, also one whose items are none.</summary>
    public static Error? Begin(HttpContext context, RateLimits limits, string who)
    {
        var charge = new OperationCharge(context, limits, who);
        context.Features.Set(charge);
        context.Response.OnStarting(
            static state =>
            {
                ((OperationCharge)state).SetHeaders();
                return Task.CompletedTask;
            },
            charge);
        return charge.Take(1);
    }

    /// <summary>The charge of a request; null where nothing is limited.</summary>
    public static OperationCharge? Of(HttpContext context) => context.Features.Get<OperationCharge>();

    /// <summary>
    /// Takes the items of a call whose first operation is paid for; RATE_LIMITED when they are more than is left. More than a full bucket
    /// nobody has to pay, or a large call would be refused for ever.
    /// </summary>
    public Error? TakeItems(int items) => Math.Min(items, limits.Burst) - 1 is > 0 and var rest ? Take(rest) : null;

    /// <summary>Takes items of a stream, which is slowed down and never cut off.</summary>
    public Task WaitAsync(int items, CancellationToken cancellationToken) =>
        items > 0 ? limits.WaitAsync(who, items, cancellationToken) : Task.CompletedTask;

    private Error? Take(int operations)
    {
        if (limits.Take(who, operations) is not { } wait)
            return null;
        // Kept where an answer that is cleared finds it again.
        context.Items[typeof(OperationCharge)] = (int)Math.Max(1, Math.Ceiling(wait.TotalSeconds));
        return RateLimits.Refusal;
    }

    private void SetHeaders()
    {
        var left = Math.Max(0, limits.Left(who));
        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = $"\"default\";q={limits.Burst};w={Seconds(limits.Burst)}";
        headers["RateLimit"] = $"\"default\";r={left};t={Seconds(limits.Burst - left)}";
        if (context.Response.StatusCode == StatusCodes.Status429TooManyRequests && context.Items[typeof(OperationCharge)] is int wait)
            headers.RetryAfter = wait.ToString();
    }

    private long Seconds(long operations) => (operations + limits.PerSecond - 1) / limits.PerSecond;
}
