using System.Diagnostics.Metrics;

namespace BatchService.Jobs;

/// <summary>The figures of the job engine, under the meter <c>BatchService.Jobs</c>.</summary>
internal sealed class JobMetrics : IDisposable
{
    public const string MeterName = "BatchService.Jobs";

    private readonly Meter _meter;
    private readonly Counter<long> _items;
    private readonly Histogram<double> _chunkSeconds;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _losses;

    public JobMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _items = _meter.CreateCounter<long>("batch_job_items", "{item}", "Items of jobs that were decided");
        _chunkSeconds = _meter.CreateHistogram<double>("batch_job_chunk_duration", "s", "Time of a transaction that writes items of a job");
        _attempts = _meter.CreateCounter<long>("batch_job_attempts", "{attempt}", "Parts that were claimed");
        _losses = _meter.CreateCounter<long>("batch_job_lease_losses", "{lease}", "Leases that were taken over from a worker that gave no sign");
    }

    /// <summary>Items that wait or run; set by whoever last counted them.</summary>
    public void ObserveQueue(Func<long> depth) => _meter.CreateObservableGauge("batch_job_queue_depth", depth, "{item}", "Items of jobs that are not processed yet");

    public void Claimed(string jobType, bool isTakenOver)
    {
        _attempts.Add(1, new KeyValuePair<string, object?>("job_type", jobType));
        if (isTakenOver)
            _losses.Add(1, new KeyValuePair<string, object?>("job_type", jobType));
    }

    /// <summary>Items were decided, for good.</summary>
    public void Decided(string jobType, int items) => _items.Add(items, new KeyValuePair<string, object?>("job_type", jobType));

    /// <summary>A transaction that had effects is committed.</summary>
    public void Wrote(string jobType, TimeSpan time) => _chunkSeconds.Record(time.TotalSeconds, new KeyValuePair<string, object?>("job_type", jobType));

    public void Dispose() => _meter.Dispose();
}
