using System.Threading.RateLimiting;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>
/// A bucket of operations for each caller, and for each address from which callers come without an identity. Calls take one when they
/// arrive and the rest of their items when those are known; streams take theirs as they are read, and wait where others are refused.
/// </summary>
internal sealed class RateLimits : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<string>? _buckets;

    public RateLimits(IOptions<RateLimitOptions> options, IOptions<AuthOptions> auth)
    {
        PerSecond = options.Value.LimitOf(auth.Value.Mode);
        Burst = options.Value.Burst;
        _buckets = PerSecond == 0 ? null : PartitionedRateLimiter.Create<string, string>(who => RateLimitPartition.GetTokenBucketLimiter(who, _ => ToBucket()));
    }

    /// <summary>0: there is no limit.</summary>
    public int PerSecond { get; }

    public int Burst { get; }

    public ShownLimits ToShownLimits() => new([("operations_per_second", PerSecond), ("operations_burst", Burst)]);

    /// <summary>Operations that are left to whom.</summary>
    public long Left(string who) => _buckets?.GetStatistics(who)?.CurrentAvailablePermits ?? Burst;

    /// <summary>Takes operations; null, or after how long it may be tried again.</summary>
    public TimeSpan? Take(string who, int operations)
    {
        using var lease = _buckets?.AttemptAcquire(who, Math.Min(operations, Burst));
        if (lease is null or { IsAcquired: true })
            return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
    }

    /// <summary>Takes operations as soon as they are there.</summary>
    public async Task WaitAsync(string who, int operations, CancellationToken cancellationToken)
    {
        for (var left = _buckets is null ? 0 : operations; left > 0; left -= Burst)
        {
            using var lease = await _buckets!.AcquireAsync(who, Math.Min(left, Burst), cancellationToken);
        }
    }

    public void Dispose() => _buckets?.Dispose();

    private TokenBucketRateLimiterOptions ToBucket()
    {
        // Small limits come in fewer, whole pieces.
        var perPeriod = PerSecond / 10;
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = Burst,
            TokensPerPeriod = perPeriod > 0 ? perPeriod : PerSecond,
            ReplenishmentPeriod = perPeriod > 0 ? s_period : TimeSpan.FromSeconds(1),
            // Only streams wait, each for one piece of its body.
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        };
    }

    /// <summary>The refusal of a caller that has sent too much.</summary>
    public static Error Refusal { get; } = new(ErrorCodes.RateLimited, "More operations were sent than are allowed for now.");
}
