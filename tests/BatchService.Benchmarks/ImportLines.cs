namespace BatchService.Benchmarks;

/// <summary>W6: a long NDJSON import over one connection, with a service of its own, whose memory nothing else has touched.</summary>
internal static class ImportLines
{
    private const string Peak = "peak memory of the service, MB";
    private const string Idle = "idle memory of the service, MB";
    private const string First = "first result, share of the upload";
    private const double Megabyte = 1024 * 1024;
    private const int RowsPerCommit = 1_000;

    public static IEnumerable<Line> Of(World world, BenchmarkOptions options)
    {
        const string copy = "COPY, 1 connection";
        yield return new Line("W6", copy, token => CopyAsync(world, options.Rows, token));
        yield return new Line("W6", $"service, NDJSON in and out, {options.Rows:N0} rows", token => ImportAsync(world, options.Rows, token))
        {
            Comparisons = [new Comparison(copy, new Goal(0.4, null))],
            Limits = [new Limit(Peak, 250, 150), new Limit(Idle, 120, null), new Limit(First, 1, null)],
        };
    }

    private static async Task<Sample> CopyAsync(World world, int rows, CancellationToken cancellationToken)
    {
        await using var connection = await world.Database.OpenConnectionAsync(cancellationToken);
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var first = 0; first < rows; first += RowsPerCommit)
            await InvoiceLines.CopyAsync(connection, first, Math.Min(RowsPerCommit, rows - first), cancellationToken);
        return new Sample(rows / System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static async Task<Sample> ImportAsync(World world, int rows, CancellationToken cancellationToken)
    {
        await using var service = await ServiceProcess.StartAsync(world.ConnectionString, jobWorkers: 0, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        var idle = service.Resident;
        var upload = await NdjsonUpload.RunAsync(
            service.Address, "/entities/invoice_line/batch?action=create&atomic=false&continueOnError=true", rows, cancellationToken);
        if (upload.Results != rows + 1 || !upload.LastLine.Contains($"\"successCount\":{rows}", StringComparison.Ordinal))
            throw new InvalidOperationException($"{upload.Results} lines came back, the last one {upload.LastLine}");
        return new Sample(rows / upload.Total.TotalSeconds)
        {
            Figures = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Peak] = service.PeakResident / Megabyte,
                [Idle] = idle / Megabyte,
                [First] = upload.FirstResult / upload.Upload,
            },
        };
    }
}
