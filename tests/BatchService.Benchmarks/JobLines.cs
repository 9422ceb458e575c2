namespace BatchService.Benchmarks;

/// <summary>W7: jobs that import rows, shared by one process or two, beside COPY over as many connections as there are workers.</summary>
internal static class JobLines
{
    private const string Accepted = "until a job is accepted, share of its run";
    private const string Peak = "peak memory of the service, MB";
    private const string Growth = "memory in the last quarter of a job over that in the second";
    private const double Megabyte = 1024 * 1024;
    private const int Rows = 100_000;
    private const int RowsPerCommit = 1_000;

    /// <summary>Of a process; Jobs:Workers.</summary>
    private const int Workers = 2;

    public static IEnumerable<Line> Of(World world, BenchmarkOptions options)
    {
        foreach (var processes in new[] { 1, 2 })
        {
            var copy = $"COPY, {processes * Workers} connections";
            yield return new Line("W7", copy, token => Connections.RunAsync(
                world.Database,
                processes * Workers,
                options.Duration,
                (connection, client, cancel) => InvoiceLines.CopyAsync(connection, client * RowsPerCommit, RowsPerCommit, cancel),
                token));
            var name = $"a job of {Rows:N0} rows, {processes} {(processes == 1 ? "process" : "processes")}";
            yield return new Line("W7", name, token => RunAsync(world, processes, Rows, token))
            {
                Comparisons = [new Comparison(copy, processes == 1 ? new Goal(0.25, 0.35) : null)],
            };
        }
        yield return new Line("W7", $"a job of {options.Rows:N0} rows, 1 process", token => RunAsync(world, 1, options.Rows, token))
        {
            Limits = [new Limit(Peak, 250, 150), new Limit(Growth, 1.2, null)],
        };
    }

    private static async Task<Sample> RunAsync(World world, int processes, int rows, CancellationToken cancellationToken)
    {
        var services = new List<ServiceProcess>();
        try
        {
            for (var process = 0; process < processes; process++)
                services.Add(await ServiceProcess.StartAsync(world.ConnectionString, Workers, cancellationToken));
            using var client = new JobClient(services[0]);

            // Connections, statements and code paths get warm, in all of the processes.
            for (var warmUp = 0; warmUp < 3; warmUp++)
                await client.RunAsync(20_000, cancellationToken);
            await world.ResetAsync(cancellationToken);
            var run = await client.RunAsync(rows, cancellationToken);
            return new Sample(rows / run.Run.TotalSeconds)
            {
                Figures = new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Accepted] = run.Submission / run.Run,
                    [Peak] = services[0].PeakResident / Megabyte,
                    [Growth] = MostIn(run.Resident, quarter: 3) / MostIn(run.Resident, quarter: 1),
                },
            };
        }
        finally
        {
            foreach (var service in services)
                await service.DisposeAsync();
        }
    }

    private static double MostIn(IReadOnlyList<long> samples, int quarter) =>
        samples.Skip(samples.Count * quarter / 4).Take((samples.Count / 4) + 1).Max();
}
