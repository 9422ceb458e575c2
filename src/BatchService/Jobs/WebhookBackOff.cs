namespace BatchService.Jobs;

/// <summary>How long to wait between attempts: each pause five times the last, give or take a little, so that failures spread.</summary>
internal static class WebhookBackOff
{
    private const double Factor = 5;
    private const double Jitter = 0.1;

    private static readonly TimeSpan _longest = TimeSpan.FromHours(6);

    /// <summary>The pause after an attempt (from 1) that failed.</summary>
    /// <param name="chance">From 0 up to 1.</param>
    public static TimeSpan After(int attempt, TimeSpan first, double chance)
    {
        var pause = Math.Min(first.TotalSeconds * Math.Pow(Factor, attempt - 1), _longest.TotalSeconds);
        return TimeSpan.FromSeconds(pause * (1 - Jitter + (2 * Jitter * chance)));
    }
}
