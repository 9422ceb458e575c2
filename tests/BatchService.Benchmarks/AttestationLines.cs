namespace BatchService.Benchmarks;

/// <summary>W1: 1,000 attestations a call, over COPY into the same table and into one without its search indexes, and over single calls.</summary>
internal static class AttestationLines
{
    private const int PerCall = 1_000;

    public static IEnumerable<Line> Of(World world, BenchmarkOptions options)
    {
        foreach (var clients in new[] { 8, 1 })
        {
            var name = RowLines.Clients(clients);
            var copy = $"COPY, {name}";
            var plain = $"COPY without the search indexes, {name}";
            var single = $"POST /attestations, one a call, {name}";
            yield return new Line("W1", copy, Copy("batch.attestation", clients));
            yield return new Line("W1", plain, Copy("bench_attestation", clients));
            yield return new Line("W1", single, token => Load.RunAsync(
                clients, options.Duration, (_, cancel) => world.Client.PostAsync("/attestations", Commits.One(), 1, cancel), token));
            yield return new Line("W1", $"service, results included, {name}", Service(clients))
            {
                Comparisons =
                [
                    new Comparison(copy, clients == 8 ? new Goal(0.45, null) : new Goal(0.40, null)),
                    new Comparison(plain),
                    new Comparison(single),
                ],
            };
        }

        Func<CancellationToken, Task<Sample>> Copy(string table, int clients) => token => Connections.RunAsync(
            world.Database,
            clients,
            options.Duration,
            (connection, _, cancel) => Commits.CopyAsync(connection, table, PerCall, cancel),
            token);

        Func<CancellationToken, Task<Sample>> Service(int clients)
        {
            var bodies = Enumerable.Range(0, clients).Select(_ => new Commits.Body(PerCall)).ToList();
            return token => Load.RunAsync(
                clients, options.Duration, (client, cancel) => world.Client.PostAsync("/attestations/batch", bodies[client].Renew(), PerCall, cancel), token);
        }
    }

    /// <summary>Lets the service run in.</summary>
    public static Task WarmUpAsync(World world, CancellationToken cancellationToken)
    {
        var bodies = Enumerable.Range(0, 8).Select(_ => new Commits.Body(PerCall)).ToList();
        return Load.WarmUpAsync(8, (client, token) => world.Client.PostAsync("/attestations/batch", bodies[client].Renew(), PerCall, token), cancellationToken);
    }
}
