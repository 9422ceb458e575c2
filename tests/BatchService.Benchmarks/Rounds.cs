namespace BatchService.Benchmarks;

/// <summary>Measures all lines one after the other, and that several times: what disturbs one of them disturbs all.</summary>
internal static class Rounds
{
    public static async Task<Measured> RunAsync(
        World world, IReadOnlyList<Line> lines, int rounds, Action<string> tell, CancellationToken cancellationToken)
    {
        var samples = lines.ToDictionary(line => line, _ => new List<Sample>());
        var states = new List<MachineState>();
        for (var round = 1; round <= rounds; round++)
        {
            states.Add(await Machine.LookAsync(cancellationToken));
            foreach (var line in lines)
            {
                await world.ResetAsync(cancellationToken);
                var sample = await line.MeasureAsync(cancellationToken);
                samples[line].Add(sample);
                var figures = string.Join(", ", sample.Figures.Select(figure => $"{figure.Key} {figure.Value:N2}"));
                tell($"round {round}  {line.Work}  {line.Name}: {sample.Rate:N0}/s {figures}");
            }
        }

        states.Add(await Machine.LookAsync(cancellationToken));
        return new Measured([.. lines.Select(line => new MeasuredLine(line, samples[line]))], states);
    }
}

/// <summary>The samples of a line, one a round.</summary>
internal sealed record MeasuredLine(Line Line, IReadOnlyList<Sample> Samples);

/// <summary>Everything that was measured, and how the machine was before, between and after the rounds.</summary>
internal sealed record Measured(IReadOnlyList<MeasuredLine> Lines, IReadOnlyList<MachineState> States)
{
    /// <summary>The median over the rounds of the ratio within a round; null where the other line was not measured.</summary>
    public double? Ratio(MeasuredLine line, Comparison comparison)
    {
        var other = Lines.FirstOrDefault(candidate => candidate.Line.Work == line.Line.Work && candidate.Line.Name == comparison.Over);
        return other is null ? null : Statistics.Median(line.Samples.Zip(other.Samples, (one, two) => one.Rate / two.Rate));
    }
}
