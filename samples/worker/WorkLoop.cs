using System.Text.Json.Nodes;

namespace NotebookWorker;

/// <summary>
/// Pulls a job, works on it, answers, and again. What passes (no connection, an overloaded service) is waited out, twice as long each time;
/// what does not (no access, no such notebook) ends the worker.
/// </summary>
internal sealed class WorkLoop(JobClient jobs, TextWriter log)
{
    /// <summary>For one request: longer than the service lets an idle worker wait.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How often an answer is repeated before the job is left to its lease.</summary>
    private const int Tries = 5;

    private TimeSpan _pause = FirstPause;

    /// <summary>Returns the exit code, when <paramref name="stop"/> says so or nothing can be done here.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await log.WriteLineAsync("Working; Ctrl-C stops after the job at hand.");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var (job, refusal) = await jobs.NextAsync(stop);
                if (refusal is { IsPassing: false })
                {
                    await log.WriteLineAsync($"The service refuses: {(int)refusal.Status} {refusal.Text}");
                    return 1;
                }
                if (refusal is not null)
                    await PauseAsync(refusal.Text, refusal.RetryAfter, stop);
                else
                    _pause = FirstPause;
                if (job is not null)
                    await WorkAsync(job);
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                await PauseAsync(exception.Message, null, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await log.WriteLineAsync("Stopped.");
        return 0;
    }

    private async Task WorkAsync(Job job)
    {
        JsonNode? result = null;
        string? error = null;
        try
        {
            result = await JobResults.OfAsync(job, jobs.ReadContentAsync);
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or FormatException
            or NotSupportedException or HttpRequestException or TaskCanceledException)
        {
            error = $"{exception.GetType().Name}: {exception.Message}";
        }
        var refusal = result is null ? null : await AnswerAsync(() => jobs.CompleteAsync(job, result));
        // What the service cannot accept of our result is an error of ours; a lost job (409) or one that went away (404) is not ours any more.
        if ((int?)refusal?.Status is 400 or 422)
            error = refusal.Text;
        if (error is not null)
            refusal = await AnswerAsync(() => jobs.FailAsync(job, error));
        await log.WriteLineAsync($"{job.Type} {job.Id}: {(refusal is not null ? $"{(int)refusal.Status} {refusal.Text}" : error ?? "completed")}");
    }

    /// <summary>Sends an answer until it is taken or refused for good.</summary>
    private async Task<Refusal?> AnswerAsync(Func<Task<Refusal?>> sendAsync)
    {
        for (var left = Tries; left > 1; left--)
        {
            try
            {
                var refusal = await sendAsync();
                if (refusal is not { IsPassing: true })
                    return refusal;
                await PauseAsync(refusal.Text, refusal.RetryAfter, CancellationToken.None);
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                await PauseAsync(exception.Message, null, CancellationToken.None);
            }
        }
        return await sendAsync();
    }

    private async Task PauseAsync(string reason, TimeSpan? asked, CancellationToken stop)
    {
        // Spread, so that many workers do not come back in step.
        var pause = asked ?? _pause * (0.5 + Random.Shared.NextDouble());
        await log.WriteLineAsync($"Waiting {pause.TotalSeconds:0.0} s: {reason}");
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
