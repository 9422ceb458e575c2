using System.Text;

namespace BatchService.Benchmarks;

/// <summary>Writes what was measured as Markdown, beside what was to be reached.</summary>
internal static class Report
{
    /// <summary>The figure that every line has: how much longer the slowest hundredth of its calls takes.</summary>
    public const string TailFigure = "p99 of a call over its median";

    public static string Write(Measured measured, BenchmarkOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine(
            $"{Environment.ProcessorCount} processors, load average {measured.States[0].LoadAverage} before and " +
            $"{measured.States[^1].LoadAverage} after, {options.Rounds} rounds of {options.Seconds:0.#} s a line, medians.");
        text.AppendLine();
        if (Machine.Warning(measured.States) is { } warning)
            text.AppendLine(warning).AppendLine();
        WriteRates(text, measured);
        WriteRatios(text, measured);
        WriteFigures(text, measured);
        return text.ToString();
    }

    private static void WriteRates(StringBuilder text, Measured measured)
    {
        text.AppendLine("| work | what | items a second | from – to | call p50, ms | p99, ms |").AppendLine("|---|---|---|---|---|---|");
        foreach (var (line, samples) in measured.Lines.Where(line => line.Samples[0].Rate > 0).Select(line => (line.Line, line.Samples)))
        {
            var rates = samples.Select(sample => sample.Rate).ToList();
            text.AppendLine(
                $"| {line.Work} | {line.Name} | {Statistics.Median(rates):N0} | {rates.Min():N0} – {rates.Max():N0} | " +
                $"{Time(samples, sample => sample.Median)} | {Time(samples, sample => sample.Percentile99)} |");
        }

        text.AppendLine();
    }

    private static void WriteRatios(StringBuilder text, Measured measured)
    {
        text.AppendLine("| work | what | over | ratio | at least | stretch | |").AppendLine("|---|---|---|---|---|---|---|");
        foreach (var line in measured.Lines)
        {
            foreach (var comparison in line.Line.Comparisons)
            {
                if (measured.Ratio(line, comparison) is not { } ratio)
                    continue;
                var verdict = comparison.Goal is { } goal ? Verdict(ratio >= goal.Least, ratio >= goal.Stretch) : "";
                text.AppendLine(
                    $"| {line.Line.Work} | {line.Line.Name} | {comparison.Over} | **{ratio:0.00}** | {comparison.Goal?.Least:0.##} | " +
                    $"{comparison.Goal?.Stretch:0.##} | {verdict} |");
            }
        }

        text.AppendLine();
    }

    private static void WriteFigures(StringBuilder text, Measured measured)
    {
        text.AppendLine("| work | what | figure | at most | stretch | |").AppendLine("|---|---|---|---|---|---|");
        foreach (var line in measured.Lines)
        {
            foreach (var limit in line.Line.Limits)
            {
                var value = Statistics.Median(line.Samples.Select(sample => Figure(sample, limit.Figure)));
                text.AppendLine(
                    $"| {line.Line.Work} | {line.Line.Name}: {limit.Figure} | **{value:0.##}** | {limit.Most:0.##} | " +
                    $"{limit.Stretch:0.##} | {Verdict(value <= limit.Most, value <= limit.Stretch)} |");
            }
        }
    }

    private static double Figure(Sample sample, string name) =>
        name == TailFigure ? sample.Percentile99 / sample.Median : sample.Figures[name];

    private static string Time(IReadOnlyList<Sample> samples, Func<Sample, double> pick) =>
        Statistics.Median(samples.Select(pick)) is > 0 and var time ? $"{time:0.00}" : "";

    private static string Verdict(bool isReached, bool isStretched) =>
        isStretched ? "stretch reached" : isReached ? "reached" : "**missed**";
}
