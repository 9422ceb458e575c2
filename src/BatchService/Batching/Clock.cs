namespace BatchService.Batching;

/// <summary>The time as PostgreSQL keeps it: what is answered must be what is stored.</summary>
internal static class Clock
{
    /// <summary>The present in microseconds.</summary>
    public static DateTimeOffset GetMicroseconds(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
