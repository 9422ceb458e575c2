using System.Runtime.CompilerServices;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Follows a job by looking at it now and then; nobody holds a connection while waiting, and all end when the service stops.</summary>
internal sealed class JobWatch(NpgsqlDataSource database, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest time to wait for an end.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The job at its end, or as it stands when the time is over.</summary>
    public async Task<JobStatus> WaitForEndAsync(JobStatus job, string caller, TimeSpan wait, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + wait;
        var last = job;
        await foreach (var status in FollowAsync(job.JobId, caller, cancellationToken))
        {
            last = status;
            if (status.HasEnded || time.GetUtcNow() >= until)
                break;
        }
        return last;
    }

    /// <summary>The job as it stands, again and again, up to its end.</summary>
    public async IAsyncEnumerable<JobStatus> FollowAsync(Guid jobId, string caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        while (!over.IsCancellationRequested)
        {
            if (await JobStatusQuery.FindAsync(database.CreateCommand(), jobId, caller, cancellationToken) is not { } status)
                yield break;
            yield return status;
            if (status.HasEnded)
                yield break;
            await Task.Delay(s_interval, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
