using System.Globalization;
using System.Text;

namespace BatchService.Http;

/// <summary>The running figure of one instrument with one set of labels.</summary>
internal sealed class MetricSeries(string labels, IReadOnlyList<double>? bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = new long[bounds?.Count ?? 0];
    private double _value;
    private long _count;

    /// <summary>Counters and up-down counters.</summary>
    public void Add(double amount)
    {
        lock (_lock)
            _value += amount;
    }

    /// <summary>Gauges, and counters that are observed.</summary>
    public void Set(double value)
    {
        lock (_lock)
            _value = value;
    }

    /// <summary>Histograms.</summary>
    public void Record(double value)
    {
        lock (_lock)
        {
            _value += value;
            _count++;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                _buckets[bucket] += value <= bounds![bucket] ? 1 : 0;
        }
    }

    /// <summary>Appends the series in the text format of Prometheus.</summary>
    public void Append(StringBuilder text, string name)
    {
        lock (_lock)
        {
            if (bounds is null)
            {
                Line(text, name, labels, _value);
                return;
            }
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                Line(text, $"{name}_bucket", With($"le=\"{Number(bounds[bucket])}\""), _buckets[bucket]);
            Line(text, $"{name}_bucket", With("le=\"+Inf\""), _count);
            Line(text, $"{name}_sum", labels, _value);
            Line(text, $"{name}_count", labels, _count);
        }
    }

    private string With(string label) => labels.Length == 0 ? label : $"{labels},{label}";

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
