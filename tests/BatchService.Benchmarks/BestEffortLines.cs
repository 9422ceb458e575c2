using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>W5: best effort with bad rows, beside savepoints; 8 clients or connections everywhere.</summary>
internal static class BestEffortLines
{
    private const string Path = "/entities/bench_row/batch";
    private const int Clients = 8;

    private static readonly int[] BesideSavepoints = [1, 50];

    private static int _prefixes;

    public static IEnumerable<Line> Of(World world, BenchmarkOptions options)
    {
        foreach (var percent in new[] { 0, 1, 10, 50 })
        {
            yield return new Line("W5", $"service, {percent} % bad", token => ServiceAsync(world, options, percent, token))
            {
                Comparisons = [.. ComparisonsOf(percent)],
            };
        }

        foreach (var percent in BesideSavepoints)
        {
            yield return new Line("W5", ThreeTrips(percent), token =>
                SavepointsAsync(world, options, percent, Savepoints.OneByOneAsync, token));
            yield return new Line("W5", Pipelined(percent), token =>
                SavepointsAsync(world, options, percent, Savepoints.PipelinedAsync, token));
        }
    }

    private static IEnumerable<Comparison> ComparisonsOf(int percent)
    {
        if (percent > 0)
            yield return new Comparison("service, 0 % bad", percent < 50 ? new Goal(0.45, 0.7) : null);
        if (!BesideSavepoints.Contains(percent))
            yield break;
        yield return new Comparison(ThreeTrips(percent), percent == 50 ? new Goal(4, 6) : null);
        yield return new Comparison(Pipelined(percent));
    }

    private static string ThreeTrips(int percent) => $"a savepoint a row, three round trips, {percent} % bad";

    private static string Pipelined(int percent) => $"a savepoint a row, pipelined, {percent} % bad";

    private static Task<Sample> ServiceAsync(World world, BenchmarkOptions options, int percent, CancellationToken cancellationToken)
    {
        var rows = RowsOf(percent);
        return Load.RunAsync(
            Clients,
            options.Duration,
            async (client, token) =>
            {
                var call = rows[client].Next();
                await world.Client.PostAsync(Path, BadRows.Body(call), call.Count(row => row.IsGood), token);
                return call.Count;
            },
            cancellationToken);
    }

    private static Task<Sample> SavepointsAsync(
        World world,
        BenchmarkOptions options,
        int percent,
        Func<NpgsqlConnection, IReadOnlyList<BadRow>, CancellationToken, Task<int>> write,
        CancellationToken cancellationToken)
    {
        var rows = RowsOf(percent);
        return Connections.RunAsync(
            world.Database,
            Clients,
            options.Duration,
            async (connection, client, token) =>
            {
                var call = rows[client].Next();
                if (await write(connection, call, token) != call.Count(row => row.IsGood))
                    throw new InvalidOperationException("A savepoint lost or kept a row that it should not.");
                return call.Count;
            },
            cancellationToken);
    }

    private static List<BadRows> RowsOf(int percent) =>
        [.. Enumerable.Range(0, Clients).Select(_ => new BadRows(percent, $"c{Interlocked.Increment(ref _prefixes)}"))];
}
