using System.Globalization;

namespace BatchService.Benchmarks;

/// <summary>What else the machine did: figures of a busy machine say little. Linux only; elsewhere nothing is known.</summary>
internal static class Machine
{
    /// <summary>Above it others are too busy for figures that can be compared.</summary>
    private const double MaxBusyShare = 0.1;

    private const double MaxStealShare = 0.02;

    /// <summary>Looks for a second while this program does nothing.</summary>
    public static async Task<MachineState> LookAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new MachineState("unknown", 0, 0);
        }

        var before = ReadTicks();
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        var after = ReadTicks();
        var passed = after.Zip(before, (late, early) => late - early).ToList();
        double total = Math.Max(1, passed.Sum());

        // user nice system idle iowait irq softirq steal
        var load = await File.ReadAllTextAsync("/proc/loadavg", cancellationToken);
        return new MachineState(string.Join(' ', load.Split(' ')[..3]), 1 - ((passed[3] + passed[4]) / total), passed[7] / total);
    }

    /// <summary>What to say before the table, or null when the machine was quiet.</summary>
    public static string? Warning(IReadOnlyList<MachineState> states)
    {
        var busy = states.Max(state => state.BusyShare);
        var stolen = states.Max(state => state.StealShare);
        return busy > MaxBusyShare || stolen > MaxStealShare
            ? $"**The machine was busy**: while the benchmark paused, {busy:P0} of the processors' time was in use, {stolen:P1} stolen."
            : null;
    }

    private static List<long> ReadTicks() =>
        [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
}

/// <summary>A look at the machine.</summary>
/// <param name="LoadAverage">Over 1, 5 and 15 minutes.</param>
/// <param name="BusyShare">Of all processors' time, used by others.</param>
/// <param name="StealShare">Of all processors' time, taken by the hypervisor.</param>
internal sealed record MachineState(string LoadAverage, double BusyShare, double StealShare);
