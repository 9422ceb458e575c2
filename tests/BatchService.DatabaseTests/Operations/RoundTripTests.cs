using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace BatchService.DatabaseTests.Operations;

/// <summary>How often a batch goes to the database: as often as its dependencies are deep, not as often as it has operations.</summary>
public sealed class RoundTripTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "atomic": false, "continueOnError": true }""")]
    [InlineData("""{ "return": "minimal" }""")]
    public async Task Runs_100_operations_of_three_levels_in_at_most_12_round_trips(string options)
    {
        var mark = $"trip{options.Length}@example.com";
        var operations = string.Join(',', Enumerable.Range(0, 20).Select(number => $$"""
            { "id": "c{{number}}", "entity": "customer", "action": "create", "store_params": { "first_name": "F", "last_name": "L", "email": "{{mark}}" } },
            { "id": "i{{number}}", "entity": "invoice", "action": "create",
              "store_params": { "customer_id": "$ref:c{{number}}.customer_id", "invoice_date": "2026-01-15T00:00:00", "total": {{number}} } },
            {{string.Join(',', Enumerable.Range(1, 3).Select(line => $$"""
                { "id": "l{{number}}_{{line}}", "entity": "invoice_line", "action": "create",
                  "store_params": { "invoice_id": "$ref:i{{number}}.invoice_id", "track_id": {{line}}, "unit_price": 0.99, "quantity": {{line}} } }
                """))}}
            """));
        using var commands = new CommandCount(await service.TextAsync("SELECT current_database()"));

        var reply = (await service.Client.RunAsync(operations, options)).Expect(200);

        // COMMIT is one more, and no command of its own to Npgsql; less than a command a level would mean that nothing was counted.
        Assert.True(commands.Number is >= 3 and <= 11, commands.ToString());
        Assert.Equal(100, reply.Body.GetProperty("successCount").GetInt32());
        Assert.Equal(20, await service.NumberAsync($"""
            SELECT count(*) FROM (
                SELECT i.invoice_id FROM customer c JOIN invoice i USING (customer_id) JOIN invoice_line l USING (invoice_id)
                WHERE c.email = '{mark}'
                GROUP BY i.invoice_id
                HAVING count(*) = 3 AND sum(l.quantity) = 6) AS whole
            """));
        if (!options.Contains("minimal", StringComparison.Ordinal))
            Assert.All(Enumerable.Range(0, 20), number => AssertLinked(reply, number));
    }

    private static void AssertLinked(OperationsReply reply, int number)
    {
        var invoice = reply.Row($"i{number}");
        Assert.Equal(number, invoice.GetProperty("total").GetDecimal());
        Assert.Equal(reply.Row($"c{number}").GetProperty("customer_id").GetInt32(), invoice.GetProperty("customer_id").GetInt32());
        for (var line = 1; line <= 3; line++)
        {
            var row = reply.Row($"l{number.ToString(CultureInfo.InvariantCulture)}_{line}");
            Assert.Equal(invoice.GetProperty("invoice_id").GetInt32(), row.GetProperty("invoice_id").GetInt32());
            Assert.Equal(line, row.GetProperty("track_id").GetInt32());
        }
    }

    /// <summary>Counts what Npgsql sends to one database: a batch of commands is one.</summary>
    private sealed class CommandCount : IDisposable
    {
        private readonly ConcurrentBag<string> _sent = [];
        private readonly ActivityListener _listener;

        public CommandCount(string? database)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    // What the service does by itself belongs to no request.
                    if (activity.ParentId is not null && activity.TagObjects.Any(tag => tag.Value as string == database))
                        _sent.Add($"{activity.OperationName} {activity.GetTagItem("db.query.text")}");
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public int Number => _sent.Count;

        public override string ToString() => string.Join("\n---\n", _sent);

        public void Dispose() => _listener.Dispose();
    }
}
