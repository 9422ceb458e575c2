using System.Diagnostics.Metrics;

namespace BatchService.Batching;

/// <summary>The figures of the engine, under the meter <c>BatchService.Batching</c>.</summary>
internal sealed class BatchMetrics : IDisposable
{
    public const string MeterName = "BatchService.Batching";

    private readonly Meter _meter;
    private readonly Counter<long> _items;
    private readonly Histogram<double> _transactionSeconds;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _gateSeconds;
    private readonly Counter<long> _gateRefusals;

    public BatchMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _items = _meter.CreateCounter<long>("batch_items", "{item}", "Items of requests, by what became of them");
        _transactionSeconds = _meter.CreateHistogram<double>("batch_transaction_duration", "s", "Time of a transaction, repetitions included");
        _retries = _meter.CreateCounter<long>("batch_transaction_attempts", "{attempt}", "Transactions that were begun");
        _gateSeconds = _meter.CreateHistogram<double>("batch_gate_wait_duration", "s", "Time that a batch waited for a connection");
        _gateRefusals = _meter.CreateCounter<long>("batch_gate_refusals", "{refusal}", "Batches that were refused because no connection was free");
    }

    /// <summary>How many places at the gate are taken, asked for when the figures are.</summary>
    public void ObserveGate(Func<int> taken, int places)
    {
        _meter.CreateObservableGauge("batch_gate_connections_in_use", taken, "{connection}", "Connections that batches use");
        _meter.CreateObservableGauge("batch_gate_connections", () => places, "{connection}", "Connections that batches may use");
    }

    /// <summary>A request has ended.</summary>
    public void Ended(ItemTotals totals)
    {
        Count("completed", totals.Successes);
        Count("failed", totals.Failures);
        Count("skipped", totals.Total - totals.Successes - totals.Failures);
    }

    public void Began() => _retries.Add(1);

    public void Took(TimeSpan time) => _transactionSeconds.Record(time.TotalSeconds);

    public void Waited(TimeSpan time, bool inVain)
    {
        _gateSeconds.Record(time.TotalSeconds);
        if (inVain)
            _gateRefusals.Add(1);
    }

    public void Dispose() => _meter.Dispose();

    private void Count(string outcome, long items)
    {
        if (items > 0)
            _items.Add(items, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
