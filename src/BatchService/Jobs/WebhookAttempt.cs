namespace BatchService.Jobs;

/// <summary>A webhook that this process holds the lease of.</summary>
/// <param name="Attempt">Of this claim, from 1; never above the number that is allowed.</param>
/// <param name="Fence">The number of claims.</param>
internal sealed record DueWebhook(
    string Id, string Url, string Host, string Event, byte[] Data, DateTimeOffset CreatedAt, int Attempt, long Fence);

/// <summary>How an attempt ended.</summary>
/// <param name="Status">The HTTP status, when there was an answer.</param>
/// <param name="Error">Null = delivered.</param>
/// <param name="IsFinal">A further attempt cannot help.</param>
internal sealed record WebhookAttempt(int? Status, string? Error, bool IsFinal)
{
    /// <summary>The process that made it is stopping: another one goes on at once.</summary>
    public static readonly WebhookAttempt Stopped = new(null, "The service stopped during the attempt.", IsFinal: false);

    private const int Gone = 410;

    /// <summary>2xx is delivered, 410 asks for no more, everything else may be better next time.</summary>
    public static WebhookAttempt Answered(int status) => status switch
    {
        >= 200 and < 300 => new(status, null, IsFinal: true),
        >= 300 and < 400 => new(status, $"The receiver answered with the redirect {status}, which is not followed.", IsFinal: false),
        Gone => new(status, "The receiver is gone: it answered with status 410.", IsFinal: true),
        _ => new(status, $"The receiver answered with status {status}.", IsFinal: false),
    };

    public static WebhookAttempt Failed(string error) => new(null, error, IsFinal: false);

    /// <summary>What becomes of the webhook.</summary>
    /// <param name="chance">From 0 up to 1, for the pause's jitter.</param>
    public WebhookOutcome After(int attempt, WebhookOptions options, double chance)
    {
        if (Error is null)
            return new WebhookOutcome(WebhookStates.Delivered, TimeSpan.Zero, Status, null);
        if (IsFinal || attempt >= options.MaxAttempts)
            return new WebhookOutcome(WebhookStates.Failed, TimeSpan.Zero, Status, Error);
        var pause = ReferenceEquals(this, Stopped) ? TimeSpan.Zero : WebhookBackOff.After(attempt, options.FirstRetryDelay, chance);
        return new WebhookOutcome(WebhookStates.Pending, pause, Status, Error);
    }
}

/// <summary>What to note about a webhook after an attempt.</summary>
/// <param name="Pause">Before the next attempt, while it is pending.</param>
internal sealed record WebhookOutcome(string State, TimeSpan Pause, int? Status, string? Error);

/// <summary>The values of the column <c>state</c>.</summary>
internal static class WebhookStates
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Failed = "failed";
}
