using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>How often a reliability test tries: a few times in CI, all the times of docs/reliability.md with RELIABILITY_COUNT=full.</summary>
internal static class ReliabilityRun
{
    /// <summary>RELIABILITY_COUNT may also be a number, which then holds for every test.</summary>
    public static int Count(int inCi, int onDemand) => Environment.GetEnvironmentVariable("RELIABILITY_COUNT") switch
    {
        null or "" => inCi,
        "full" => onDemand,
        var number => int.Parse(number),
    };

    /// <summary>RELIABILITY_SEED, or a new one; printed, so that a failure can be repeated.</summary>
    public static int Seed(ITestOutputHelper output)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("RELIABILITY_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"RELIABILITY_SEED={seed}");
        return seed;
    }
}
