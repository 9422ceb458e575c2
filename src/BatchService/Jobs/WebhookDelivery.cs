using System.Collections.Concurrent;
using BatchService.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>
/// Sends the webhooks of the outbox. Every process with a secret runs it; they share the work by leases, and what a process that died
/// had claimed goes to another one. The database away means waiting; nothing here takes the host down.
/// </summary>
internal sealed partial class WebhookDelivery(
    WebhookStore store,
    WebhookSender sender,
    NotificationListener listener,
    IOptions<WebhookOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<WebhookDelivery> logger) : BackgroundService
{
    private const int Slots = 8;

    /// <summary>Of the slots, so that a receiver that is slow leaves room for others.</summary>
    private const int SlotsPerHost = 4;

    private static readonly TimeSpan _shortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _blink = TimeSpan.FromMilliseconds(10);

    /// <summary>What is being sent when the process stops has this long to end, and then as long again to be noted.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string Id, long Fence), string> _hosts = [];
    private readonly Wakeup _wakeup = new();
    private readonly CancellationTokenSource _abort = new();

    public override void Dispose()
    {
        base.Dispose();
        _abort.Dispose();
        _wakeup.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (string.IsNullOrEmpty(options.Value.Secret))
            return;

        // Claims stop with the first signal, not when requests have been drained and it is the turn of this service.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        var listening = listener.RunAsync(WebhookOutbox.Channel, WakeAsync, stopping.Token);
        var idle = _shortestPause;
        while (!stopping.IsCancellationRequested)
        {
            var pause = await StepAsync(idle, stopping.Token);
            var isRung = await SleepAsync(pause, stopping.Token);
            idle = isRung || pause == TimeSpan.Zero ? _shortestPause : Shorter(idle * 2, _longestPause);
        }

        await listening;
        await WaitForEndAsync();
        await _abort.CancelAsync();
        await WaitForEndAsync();
    }

    private Task WakeAsync(string payload, CancellationToken cancellationToken)
    {
        _wakeup.Ring();
        return Task.CompletedTask;
    }

    /// <summary>Begins what is due as far as there are slots; how long to sleep then, unless something happens.</summary>
    private async Task<TimeSpan> StepAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        try
        {
            var free = Slots - _hosts.Count;
            if (free == 0)
                return _longestPause;
            var sending = _hosts.Values.CountBy(host => host, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            var claim = await store.ClaimAsync(free, SlotsPerHost, sending, options.Value, cancellationToken);
            foreach (var webhook in claim.Webhooks)
            {
                _hosts[(webhook.Id, webhook.Fence)] = webhook.Host;
                _ = AttemptAsync(webhook);
            }

            // There may be more.
            return claim.Webhooks.Count > 0 ? TimeSpan.Zero : Shorter(idle, claim.NextDue + _blink ?? idle);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            LogAway(exception.Message, idle.TotalSeconds);
            return idle;
        }
    }

    private async Task AttemptAsync(DueWebhook webhook)
    {
        try
        {
            // Claimed more often than it may be sent: the process that made the last attempt did not live to note how it ended.
            var attempt = webhook.Fence > options.Value.MaxAttempts
                ? WebhookAttempt.Failed("The process that made the last attempt ended during it.")
                : await sender.SendAsync(webhook, _abort.Token);
            var outcome = attempt.After(webhook.Attempt, options.Value, Random.Shared.NextDouble());
            if (await NoteAsync(webhook, outcome))
                LogOutcome(webhook, outcome);
        }
        catch (Exception exception)
        {
            // The lease runs out, and the webhook is tried again as often as its attempts allow.
            LogDefect(exception, webhook.Id);
        }
        finally
        {
            _hosts.TryRemove((webhook.Id, webhook.Fence), out _);
            _wakeup.Ring();
        }
    }

    /// <summary>Tries as long as the lease lasts: a delivery that is not noted is made again.</summary>
    private async Task<bool> NoteAsync(DueWebhook webhook, WebhookOutcome outcome)
    {
        var left = options.Value.Lease - TimeSpan.FromSeconds(options.Value.TimeoutSeconds);
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await store.NoteAsync(webhook, outcome, CancellationToken.None);
            }
            catch (Exception exception) when (
                exception is NpgsqlException or TimeoutException && time.GetElapsedTime(start) < left && !_abort.IsCancellationRequested)
            {
                await Task.Delay(_shortestPause, time, _abort.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> SleepAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            return pause > TimeSpan.Zero && await _wakeup.SleepAsync(pause, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task WaitForEndAsync()
    {
        var start = time.GetTimestamp();
        while (!_hosts.IsEmpty && _grace - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
            await _wakeup.SleepAsync(left, CancellationToken.None);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void LogOutcome(DueWebhook webhook, WebhookOutcome outcome)
    {
        switch (outcome.State)
        {
            case WebhookStates.Delivered:
                LogDelivered(webhook.Id, webhook.Event, webhook.Attempt);
                break;
            case WebhookStates.Failed:
                LogFailed(webhook.Id, webhook.Event, webhook.Attempt, outcome.Error);
                break;
            default:
                LogAgain(webhook.Id, webhook.Event, webhook.Attempt, outcome.Error, outcome.Pause.TotalSeconds);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Webhook {Id} ({Event}) was delivered at attempt {Attempt}")]
    private partial void LogDelivered(string id, string @event, int attempt);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Webhook {Id} ({Event}) failed at attempt {Attempt}: {Reason} Next in {Seconds} s")]
    private partial void LogAgain(string id, string @event, int attempt, string? reason, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Id} ({Event}) failed for good at attempt {Attempt}: {Reason}")]
    private partial void LogFailed(string id, string @event, int attempt, string? reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {Id} met a defect; it is tried again when its lease has run out")]
    private partial void LogDefect(Exception exception, string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhooks cannot be claimed ({Reason}); trying again in {Seconds} s")]
    private partial void LogAway(string reason, double seconds);
}
