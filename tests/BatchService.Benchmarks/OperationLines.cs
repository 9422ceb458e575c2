using System.Text;
using System.Text.Json;

namespace BatchService.Benchmarks;

/// <summary>W3: 20 × (customer + invoice + 3 lines) by reference in one atomic batch; W4: the same rows, one call each.</summary>
internal static class OperationLines
{
    private const string Path = "/batch";
    private const int Groups = 20;
    private const int LinesPerInvoice = 3;
    private const int Operations = Groups * (2 + LinesPerInvoice);
    private const int Clients = 8;
    private const int CountedBatches = 20;
    private const string RoundTrips = "round trips a batch";

    public static IEnumerable<Line> OfBatches(World world, BenchmarkOptions options)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"operations":[{{string.Join(',', Enumerable.Range(0, Groups).SelectMany(GroupOf))}}]}""");
        yield return OneByOne(world, options, "W3");
        foreach (var clients in new[] { Clients, 1 })
        {
            var name = $"POST /batch, {Operations} operations, atomic, {RowLines.Clients(clients)}";
            yield return new Line("W3", name, token => Load.RunAsync(
                clients, options.Duration, (_, cancel) => world.Client.PostAsync(Path, body, Operations, cancel), token))
            {
                Comparisons = [new Comparison(OneByOneName, clients == Clients ? new Goal(10, 25) : null)],
            };
        }

        yield return new Line("W3", "seen from the database", token => CountRoundTripsAsync(world, body, token))
        {
            Limits = [new Limit(RoundTrips, 12, null)],
        };
    }

    public static IEnumerable<Line> OfSingleCalls(World world, BenchmarkOptions options)
    {
        yield return OneByOne(world, options, "W4");
        var row = InvoiceLines.Body(0, 1, minimal: false);
        yield return new Line("W4", "POST /entities/invoice_line/batch, 1 row, 8 clients", token => Load.RunAsync(
            Clients, options.Duration, (_, cancel) => world.Client.PostAsync("/entities/invoice_line/batch", row, 1, cancel), token));
        yield return new Line("W4", "one INSERT a transaction, past the service, 8 clients", token => Connections.RunAsync(
            world.Database, Clients, options.Duration, InvoiceLines.InsertAsync, token));
    }

    private const string OneByOneName = "POST /batch, 1 operation a call, 8 clients";

    private static Line OneByOne(World world, BenchmarkOptions options, string work) =>
        new(work, OneByOneName, token => Load.RunAsync(
            Clients, options.Duration, (_, cancel) => WriteGroupAsync(world.Client, cancel), token));

    /// <summary>What a client does without references: it waits for each key before it can send the next row.</summary>
    private static async Task<int> WriteGroupAsync(ServiceClient client, CancellationToken cancellationToken)
    {
        var customer = await CreateAsync(client, "customer", Customer, "customer_id", cancellationToken);
        var invoice = await CreateAsync(client, "invoice", Invoice(customer), "invoice_id", cancellationToken);
        for (var line = 0; line < LinesPerInvoice; line++)
        {
            await CreateAsync(client, "invoice_line", InvoiceLine(invoice, line), "invoice_line_id", cancellationToken);
        }

        return 2 + LinesPerInvoice;
    }

    private static async Task<string> CreateAsync(
        ServiceClient client, string entity, string row, string key, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"operations":[{{Operation("op", entity, row)}}]}""");
        using var answer = JsonDocument.Parse(await client.PostOneAsync(Path, body, cancellationToken));
        return answer.RootElement.GetProperty("results").GetProperty("op").GetProperty("data")[0].GetProperty(key).GetRawText();
    }

    private static async Task<Sample> CountRoundTripsAsync(World world, byte[] body, CancellationToken cancellationToken)
    {
        await using var proxy = RoundTripProxy.Start(world.ConnectionString);
        await using var service = await ServiceProcess.StartAsync(proxy.ConnectionString, jobWorkers: 0, cancellationToken);
        using var client = new ServiceClient(service.Address);
        var counts = new List<double>();
        for (var batch = 0; batch < CountedBatches; batch++)
        {
            var before = proxy.RoundTrips;
            await client.PostAsync(Path, body, Operations, cancellationToken);
            counts.Add(proxy.RoundTrips - before);
        }

        // The first ones prepare statements.
        var figures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [RoundTrips] = Statistics.Median(counts.Skip(CountedBatches / 2)),
        };
        return new Sample(0) { Figures = figures };
    }

    private static IEnumerable<string> GroupOf(int group)
    {
        yield return Operation($"cust{group}", "customer", Customer);
        yield return Operation($"inv{group}", "invoice", Invoice($"\"$ref:cust{group}.customer_id\""));
        for (var line = 0; line < LinesPerInvoice; line++)
        {
            yield return Operation($"line{group}_{line}", "invoice_line", InvoiceLine($"\"$ref:inv{group}.invoice_id\"", line));
        }
    }

    private static string Operation(string id, string entity, string row) =>
        $$"""{"id":"{{id}}","entity":"{{entity}}","action":"create","store_params":{{row}}}""";

    private const string Customer =
        """{"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com","city":"London","country":"England","support_rep_id":3}""";

    private static string Invoice(string customer) =>
        $$"""{"customer_id":{{customer}},"invoice_date":"2026-01-15T00:00:00","billing_country":"United Kingdom","total":2.97}""";

    private static string InvoiceLine(string invoice, int line) =>
        $$"""{"invoice_id":{{invoice}},"track_id":{{line + 1}},"unit_price":0.99,"quantity":1}""";
}
