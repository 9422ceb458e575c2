namespace BatchService.Benchmarks;

/// <summary>What one measurement of a line gave.</summary>
/// <param name="Rate">Items a second; 0 for a line that measures something else.</param>
internal sealed record Sample(double Rate)
{
    /// <summary>Of a call, in milliseconds.</summary>
    public double Median { get; init; }

    /// <summary>Of a call, in milliseconds.</summary>
    public double Percentile99 { get; init; }

    /// <summary>Other figures by name: bytes, round trips, seconds.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}

/// <summary>What a ratio of rates is to reach.</summary>
internal sealed record Goal(double Least, double? Stretch);

/// <summary>Compares the rate of a line with that of another one of the same work, in the same round.</summary>
/// <param name="Over">The other line's name.</param>
/// <param name="Goal">Null: only to be shown.</param>
internal sealed record Comparison(string Over, Goal? Goal = null);

/// <summary>What a figure is to stay below.</summary>
internal sealed record Limit(string Figure, double Most, double? Stretch);

/// <summary>One line of the table: something that is measured once in every round.</summary>
/// <param name="Work">The work it belongs to (W1 … W7, cost).</param>
/// <param name="Name">Unique within the work.</param>
internal sealed record Line(string Work, string Name, Func<CancellationToken, Task<Sample>> MeasureAsync)
{
    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];

    public IReadOnlyList<Limit> Limits { get; init; } = [];
}
