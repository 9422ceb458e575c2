namespace BatchService.Jobs;

/// <summary>Removes webhooks that were delivered or failed 7 days ago; a failure is logged and tried again later.</summary>
internal sealed partial class WebhookPruning(WebhookStore store, TimeProvider time, ILogger<WebhookPruning> logger) : BackgroundService
{
    private static readonly TimeSpan _keep = TimeSpan.FromDays(7);
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(10);

    /// <summary>Whatever happens, the loop goes on: an exception out of it would end the host.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await store.PruneAsync(_keep, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old webhooks could not be removed: {Reason}")]
    private partial void LogFailed(string reason);
}
