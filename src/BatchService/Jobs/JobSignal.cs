using BatchService.Data;

namespace BatchService.Jobs;

/// <summary>
/// Wakes the workers of this process when a job was submitted anywhere. Only a hint: who misses it finds the job by polling.
/// </summary>
internal sealed class JobSignal(NotificationListener listener, TimeProvider time) : BackgroundService
{
    public const string Channel = "batch_jobs";

    private TaskCompletionSource _raised = New();

    /// <summary>Ends when something was announced, or when the time is over.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_raised.Task, Task.Delay(longest, time, stop.Token));
        await stop.CancelAsync();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => listener.RunAsync(Channel, (_, _) => Raise(), stoppingToken);

    private Task Raise()
    {
        Interlocked.Exchange(ref _raised, New()).TrySetResult();
        return Task.CompletedTask;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
