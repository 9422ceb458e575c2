using BatchService.Benchmarks;

if (BenchmarkOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
    return 2;
}

#if DEBUG
await Console.Error.WriteLineAsync("Built without optimisation: the figures will say nothing. Use -c Release.");
#endif
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    // What was started is ended and removed first.
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    await using var world = await World.StartAsync(stop.Token);
    if (options.Only.Contains(AttestationQueries.Work, StringComparer.OrdinalIgnoreCase))
    {
        Console.Write(await AttestationQueries.RunAsync(world, options.Rows, stop.Token));
        return 0;
    }

    Line[] lines =
    [
        .. AttestationLines.Of(world, options),
        .. RowLines.Of(world, options),
        .. OperationLines.OfBatches(world, options),
        .. OperationLines.OfSingleCalls(world, options),
        .. BestEffortLines.Of(world, options),
        .. ImportLines.Of(world, options),
        .. JobLines.Of(world, options),
    ];
    await RowLines.WarmUpAsync(world, stop.Token);
    if (options.Wants("W1"))
        await AttestationLines.WarmUpAsync(world, stop.Token);
    var measured = await Rounds.RunAsync(
        world, [.. lines.Where(line => options.Wants(line.Work))], options.Rounds, Console.Error.WriteLine, stop.Token);
    Console.Write(Report.Write(measured, options));
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
