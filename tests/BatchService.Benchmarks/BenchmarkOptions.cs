using System.Globalization;

namespace BatchService.Benchmarks;

/// <summary>What the command line asks for.</summary>
/// <param name="Rounds">How often every line is measured; the table shows medians.</param>
/// <param name="Seconds">How long a line is measured in a round.</param>
/// <param name="Rows">Rows of the import (W6) and of the long job (W7), or of the store that is searched (queries).</param>
/// <param name="Only">The work to measure; empty = all but the queries, which give a table of their own.</param>
internal sealed record BenchmarkOptions(int Rounds, double Seconds, int Rows, IReadOnlyList<string> Only)
{
    public const string Usage =
        "dotnet run -c Release --project tests/BatchService.Benchmarks -- " +
        "[--rounds 3] [--seconds 3] [--rows 1000000] [--only W1,W2,W3,W4,W5,W6,W7,cost | queries]";

    public TimeSpan Duration => TimeSpan.FromSeconds(Seconds);

    /// <summary>Null when an option is unknown or is not a number in its range.</summary>
    public static BenchmarkOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions(3, 3, 1_000_000, []);
        for (var position = 0; position < arguments.Count; position += 2)
        {
            var value = position + 1 < arguments.Count ? arguments[position + 1] : "";
            var isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000_000;
            switch (arguments[position])
            {
                case "--rounds" when isNumber && number >= 1:
                    options = options with { Rounds = (int)number };
                    break;
                case "--seconds" when isNumber:
                    options = options with { Seconds = number };
                    break;
                case "--rows" when isNumber && number >= 1:
                    options = options with { Rows = (int)number };
                    break;
                case "--only" when value.Length > 0:
                    options = options with { Only = value.Split(',', StringSplitOptions.TrimEntries) };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    public bool Wants(string work) => Only.Count == 0 || Only.Contains(work, StringComparer.OrdinalIgnoreCase);
}
