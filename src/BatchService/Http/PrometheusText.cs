using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace BatchService.Http;

/// <summary>
/// Listens to the meters of the process, the web server, the database driver and the service, and tells them in the text format of
/// Prometheus. The names are theirs with the unit behind: <c>http.server.request.duration</c> in seconds is
/// <c>http_server_request_duration_seconds</c>.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>A label with ever new values must not eat the memory.</summary>
    private const int MaxSeries = 2_000;

    private static readonly string[] s_meters =
        ["BatchService.", "Npgsql", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Seconds, and as good as any for what has another unit.</summary>
    private static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly ConcurrentDictionary<Instrument, Figures> _instruments = new();
    private readonly MeterListener _listener = new();
    private int _series;

    /// <summary>Begins to listen.</summary>
    /// <param name="meters">Meters of another container in the same process are none of ours.</param>
    public PrometheusText(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if ((instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters))
                && s_meters.Any(meter => instrument.Meter.Name.StartsWith(meter, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, _instruments.GetOrAdd(instrument, static known => new Figures(known)));
        };
        _listener.MeasurementsCompleted = (instrument, state) => _instruments.TryRemove(instrument, out _);
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Take((Figures)state!, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Take((Figures)state!, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Take((Figures)state!, value, tags));
        _listener.Start();
    }

    /// <summary>All figures as they are now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in _instruments.Where(pair => !pair.Value.Series.IsEmpty).GroupBy(pair => NameOf(pair.Key), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var instrument = group.First().Key;
            text.Append($"# HELP {group.Key} {Escape(instrument.Description ?? instrument.Name)}\n# TYPE {group.Key} {TypeOf(instrument)}\n");
            foreach (var series in group.SelectMany(pair => pair.Value.Series).OrderBy(pair => pair.Key, StringComparer.Ordinal))
                series.Value.Append(text, group.Key);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The name in the style of Prometheus: unit behind, and <c>_total</c> where it only grows.</summary>
    public static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        var name = ToName(instrument.Name);
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return TypeOf(instrument) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    private void Take(Figures figures, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelsOf(tags);
        if (!figures.Series.TryGetValue(labels, out var series))
        {
            if (Interlocked.Increment(ref _series) > MaxSeries)
                return;
            series = figures.Series.GetOrAdd(labels, new MetricSeries(labels, figures.IsHistogram ? s_bounds : null));
        }
        if (figures.IsHistogram)
            series.Record(value);
        else if (figures.IsLevel)
            series.Set(value);
        else
            series.Add(value);
    }

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        _ => "gauge",
    };

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new List<string>(tags.Length);
        foreach (var (name, value) in tags)
            labels.Add($"{ToName(name)}=\"{Escape(TextOf(value)).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string ToName(string name) => string.Concat(name.Select(sign => char.IsAsciiLetterOrDigit(sign) ? sign : '_'));

    /// <summary>The driver calls a pool without a name by its connection string, which is nobody's business.</summary>
    private static string TextOf(object? value) =>
        value is string text && text.Contains("Host=", StringComparison.OrdinalIgnoreCase) ? "unnamed" : $"{value}";

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>What was measured by one instrument, by labels.</summary>
    private sealed class Figures(Instrument instrument)
    {
        public ConcurrentDictionary<string, MetricSeries> Series { get; } = new(StringComparer.Ordinal);

        public bool IsHistogram { get; } = TypeOf(instrument) == "histogram";

        /// <summary>It tells where it stands, not by how much it has changed.</summary>
        public bool IsLevel { get; } = instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
    }
}
