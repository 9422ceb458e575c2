namespace BatchService.Benchmarks;

/// <summary>W2: 1,000 rows of invoice_line a call; and how the cost of a call grows with its rows.</summary>
internal static class RowLines
{
    private const string Path = "/entities/invoice_line/batch";
    private const int RowsPerCall = 1_000;

    public static IEnumerable<Line> Of(World world, BenchmarkOptions options)
    {
        foreach (var clients in new[] { 8, 1 })
        {
            var copy = $"COPY, {Clients(clients)}";
            yield return new Line("W2", copy, token => Connections.RunAsync(
                world.Database,
                clients,
                options.Duration,
                (connection, client, cancel) => InvoiceLines.CopyAsync(connection, client * RowsPerCall, RowsPerCall, cancel),
                token));
            yield return new Line("W2", $"service, results included, {Clients(clients)}", Service(clients, RowsPerCall, minimal: false))
            {
                Comparisons = [new Comparison(copy, clients == 8 ? new Goal(0.55, 0.80) : null)],
            };
            yield return new Line("W2", $"service, return=minimal, {Clients(clients)}", Service(clients, RowsPerCall, minimal: true))
            {
                Comparisons = [new Comparison(copy)],
            };
            yield return new Line("W2", $"one INSERT a transaction, {Clients(clients)}", token => Connections.RunAsync(
                world.Database,
                clients,
                options.Duration,
                InvoiceLines.InsertAsync,
                token))
            { Comparisons = [new Comparison(copy)] };
        }

        foreach (var rows in new[] { 1, 10, 100, 1_000, 10_000 })
        {
            yield return new Line("cost", $"{rows:N0} rows a call, 1 client", Service(1, rows, minimal: false));
        }

        yield return new Line("cost", "100 rows a call, 8 clients", Service(8, 100, minimal: false))
        {
            Limits = [new Limit(Report.TailFigure, 3, 2)],
        };

        Func<CancellationToken, Task<Sample>> Service(int clients, int rows, bool minimal)
        {
            var bodies = Enumerable.Range(0, clients).Select(client => InvoiceLines.Body(client * rows, rows, minimal)).ToList();
            return token => Load.RunAsync(
                clients, options.Duration, (client, cancel) => world.Client.PostAsync(Path, bodies[client], rows, cancel), token);
        }
    }

    /// <summary>Lets the service run in for the whole measurement.</summary>
    public static Task WarmUpAsync(World world, CancellationToken cancellationToken)
    {
        var body = InvoiceLines.Body(0, RowsPerCall, minimal: false);
        return Load.WarmUpAsync(8, (_, token) => world.Client.PostAsync(Path, body, RowsPerCall, token), cancellationToken);
    }

    public static string Clients(int count) => count == 1 ? "1 client" : $"{count} clients";
}
