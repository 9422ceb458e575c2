using System.Diagnostics;

namespace BatchService.Benchmarks;

/// <summary>Repeats a call from several clients at once for a while.</summary>
internal static class Load
{
    /// <summary>Not measured: connections, statements and code paths get warm.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <summary>Runs a call for as long as the runtime needs to compile the service's paths for good; not measured.</summary>
    public static Task WarmUpAsync(int clients, Func<int, CancellationToken, Task<int>> call, CancellationToken cancellationToken) =>
        RepeatAsync(clients, TimeSpan.FromSeconds(5), call, cancellationToken);

    /// <summary>Repeats it for the duration, after a moment that does not count.</summary>
    /// <param name="call">Does one call for the client of this number and gives how many items it wrote.</param>
    public static async Task<Sample> RunAsync(
        int clients, TimeSpan duration, Func<int, CancellationToken, Task<int>> call, CancellationToken cancellationToken)
    {
        await RepeatAsync(clients, WarmUp, call, cancellationToken);
        var watch = Stopwatch.StartNew();
        var perClient = await RepeatAsync(clients, duration, call, cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;
        var latencies = perClient.SelectMany(client => client.Latencies).Order().ToList();
        return new Sample(perClient.Sum(client => client.Items) / seconds)
        {
            Median = Statistics.Percentile(latencies, 0.5),
            Percentile99 = Statistics.Percentile(latencies, 0.99),
        };
    }

    private static Task<ClientResult[]> RepeatAsync(
        int clients, TimeSpan duration, Func<int, CancellationToken, Task<int>> call, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
            async () =>
            {
                var latencies = new List<double>();
                long items = 0;
                do
                {
                    var start = Stopwatch.GetTimestamp();
                    items += await call(client, cancellationToken);
                    latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
                while (Stopwatch.GetTimestamp() < end);
                return new ClientResult(items, latencies);
            },
            cancellationToken)));
    }

    private sealed record ClientResult(long Items, List<double> Latencies);
}
