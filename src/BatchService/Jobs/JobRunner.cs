using System.Runtime.CompilerServices;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Jobs;

/// <summary>Processes a claimed part: opens its items, runs them through the engine, and sees to it that every result is stored.</summary>
internal sealed partial class JobRunner(
    JobTypes types,
    JobItems items,
    BatchWriter writer,
    TransactionRunner transactions,
    IOptions<JobOptions> options,
    TimeProvider time,
    JobMetrics metrics,
    ILogger<JobRunner> logger)
{
    private TimeSpan LeaseTime => TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Runs to the end of the part, or until its lease or its job is gone.</summary>
    /// <param name="cancellationToken">Ends when the lease is lost, or when the service stops and has waited long enough.</param>
    public async Task<JobRunEnd> RunAsync(JobLease lease, CancellationToken cancellationToken)
    {
        var pace = new Pace(lease.ChunkItems, TypeOf(lease).MaxChunkItems, options.Value.ChunkMilliseconds, time);
        try
        {
            return await RunAsync(lease, pace, cancellationToken);
        }
        catch (JobStoppedException)
        {
            return JobRunEnd.Gone;
        }
        catch (BatchFaultException fault) when (!cancellationToken.IsCancellationRequested)
        {
            LogFault(logger, lease.JobId, lease.Part, fault.Error.Detail);
            // What time can heal is tried again with time, the rest only so many times.
            return fault.Error.Code == ErrorCodes.DeadlineExceeded
                ? await SlowDownAsync(lease, pace, fault.Error, cancellationToken)
                : new JobRunEnd(JobRunState.Postponed, pace.ChunkItems, IsDefect: !fault.Error.Code.Retryable);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new JobRunEnd(JobRunState.Postponed, pace.ChunkItems);
        }
        catch (BatchFaultException) when (cancellationToken.IsCancellationRequested)
        {
            return new JobRunEnd(JobRunState.Postponed, pace.ChunkItems);
        }
    }

    private async Task<JobRunEnd> RunAsync(JobLease lease, Pace pace, CancellationToken cancellationToken)
    {
        var type = TypeOf(lease);
        var errors = new List<Error>();
        var mode = await type.CheckAsync(lease.Job.Options, lease.Job.Caller, errors, cancellationToken);
        var done = new ReplayedItems(await items.ReadDoneAsync(lease, type, cancellationToken));
        // An atomic part stores results only in the transaction that decides it.
        if (mode.Atomic && done.Count > 0)
            return new JobRunEnd(JobRunState.Done, lease.ChunkItems);
        pace.MayGiveUp = !mode.Atomic && lease.Lost + 1 >= options.Value.MaxLostLeases;
        var offset = 0;
        var outcomes = new JobOutcomes(mode.Atomic, done, () => offset, (failures, token) => StoreAsync(lease, type, offset, failures, token));
        if (errors.Count > 0)
            return await RefuseAsync(lease, outcomes, errors[0], cancellationToken);
        var work = new JobWork(
            lease.Job.Caller, lease.Job.Options, lease.Job.Header, lease.FirstIndex, token => OpenAsync(lease, pace, done, token), outcomes, done);
        JobRun run;
        try
        {
            run = await type.OpenAsync(work, cancellationToken);
        }
        catch (BatchFaultException refusal) when (!refusal.Error.Code.Retryable)
        {
            return await RefuseAsync(lease, outcomes, refusal.Error, cancellationToken);
        }
        await using var plan = run.Plan as IAsyncDisposable;
        offset = run.Offset;
        var hook = new JobHook(lease, type, run.Output, metrics, LeaseTime, time, offset, tellsFailures: false);
        var end = await writer.WriteAsync(run.Plan, run.Mode, lease.Job.Caller, hook, cancellationToken);
        if (end.Refused)
            return JobRunEnd.Gone;
        if (end.Fault is { } fault)
            throw new BatchFaultException(fault);
        await run.FinishAsync(cancellationToken);
        if (mode.Atomic && !end.Committed)
            await outcomes.StoreFailuresAsync(cancellationToken);
        return new JobRunEnd(JobRunState.Done, pace.ChunkItems);
    }

    /// <summary>What was allowed when the job was accepted is not any more: a dropped table, a right taken away.</summary>
    private static async Task<JobRunEnd> RefuseAsync(JobLease lease, JobOutcomes outcomes, Error error, CancellationToken cancellationToken)
    {
        outcomes.Clear();
        for (var first = lease.FirstIndex; first < lease.FirstIndex + lease.ItemCount; first += 1_000)
        {
            var count = Math.Min(1_000, lease.FirstIndex + lease.ItemCount - first);
            await outcomes.AddAsync([.. Enumerable.Range(first, count).Select(index => ItemOutcome.Failed(index, error))], cancellationToken);
        }
        await outcomes.StoreFailuresAsync(cancellationToken);
        return new JobRunEnd(JobRunState.Done, lease.ChunkItems);
    }

    private async Task StoreAsync(
        JobLease lease, JobType type, int offset, IReadOnlyList<ItemOutcome> failures, CancellationToken cancellationToken)
    {
        var (end, _) = await transactions.RunAsync(
            lease.Job.Caller,
            new JobHook(lease, type, JobOutput.FirstRow, metrics, LeaseTime, time, offset, tellsFailures: true),
            immediateConstraints: false,
            (_, _) => Task.FromResult(new TransactionVerdict<bool>(true, true, failures)),
            cancellationToken);
        if (end == TransactionEnd.Refused)
            throw new JobStoppedException();
    }

    /// <summary>
    /// A transaction that took too long is tried again with less in it. An item that takes too long by itself, time and again, has failed:
    /// the others need not wait for it.
    /// </summary>
    private async Task<JobRunEnd> SlowDownAsync(JobLease lease, Pace pace, Error error, CancellationToken cancellationToken)
    {
        if (pace is { MayGiveUp: true, Piece: [var alone] })
        {
            await StoreAsync(lease, TypeOf(lease), 0, [ItemOutcome.Failed(alone.Index, error)], cancellationToken);
            return new JobRunEnd(JobRunState.Postponed, 1);
        }
        return new JobRunEnd(JobRunState.Postponed, Math.Max(1, Math.Min(lease.ChunkItems, pace.ChunkItems) / 4), IsDefect: lease.ChunkItems == 1);
    }

    /// <summary>The items in chunks of what the last transactions took the time for.</summary>
    private async IAsyncEnumerable<JobChunk> OpenAsync(
        JobLease lease, Pace pace, ReplayedItems done, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = lease.FirstIndex + lease.ItemCount;
        await foreach (var block in items.ReadInputAsync(lease, cancellationToken))
        {
            for (var from = 0; from < block.Count;)
            {
                var isDone = block.Skip(from).TakeWhile(item => done.Contains(item.Index)).Count();
                pace.Piece = [.. block.Skip(from).Take(isDone > 0 ? pace.Pass(isDone) : pace.Next())];
                from += pace.Piece.Count;
                yield return new JobChunk(pace.Piece, pace.Piece[^1].Index == end - 1);
            }
        }
        pace.Piece = [];
    }

    private JobType TypeOf(JobLease lease) =>
        types.Find(lease.Job.JobType) ?? throw new InvalidOperationException($"This version has no job type '{lease.Job.JobType}'.");

    /// <summary>How many items to write together, from the time that the last ones took.</summary>
    private sealed class Pace(int chunkItems, int maxItems, int milliseconds, TimeProvider time)
    {
        private long _since;

        public int ChunkItems { get; private set; } = Math.Min(chunkItems, maxItems);

        /// <summary>The items that are being written; empty when all are handed out.</summary>
        public IReadOnlyList<ItemInput> Piece { get; set; } = [];

        /// <summary>Enough was tried: an item that is written alone and takes too long has failed.</summary>
        public bool MayGiveUp { get; set; }

        /// <summary>Called when the chunk before is decided.</summary>
        public int Next()
        {
            var now = time.GetTimestamp();
            if (_since != 0)
            {
                var took = time.GetElapsedTime(_since, now).TotalMilliseconds;
                if (took > milliseconds)
                    ChunkItems = Math.Max(1, ChunkItems / 2);
                else if (took < milliseconds / 4.0)
                    ChunkItems = Math.Min(maxItems, ChunkItems * 2);
            }
            _since = now;
            return ChunkItems;
        }

        /// <summary>Items that an earlier worker has decided tell nothing of the time that others will take.</summary>
        public int Pass(int count)
        {
            _since = 0;
            return count;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Part {Part} of job {JobId} is postponed: {Reason}")]
    private static partial void LogFault(ILogger logger, Guid jobId, int part, string reason);
}

/// <summary>How a run of a part ended.</summary>
internal enum JobRunState
{
    /// <summary>Every item that will ever be decided is.</summary>
    Done,

    /// <summary>To be tried again later.</summary>
    Postponed,

    /// <summary>The lease is another's, or the job has ended.</summary>
    Gone,
}

/// <summary>How a run of a part ended, and how many items the next one is to write together.</summary>
/// <param name="IsDefect">It did not end as it should: it counts as a lost lease.</param>
internal sealed record JobRunEnd(JobRunState State, int ChunkItems, bool IsDefect = false)
{
    public static readonly JobRunEnd Gone = new(JobRunState.Gone, 0);
}
