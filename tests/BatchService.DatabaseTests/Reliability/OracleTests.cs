using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Whatever way rows are sent, the outcome is that of sending them one by one.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class OracleTests(OracleFixture fixture, ITestOutputHelper output) : IClassFixture<OracleFixture>
{
    private const string Lines = "application/x-ndjson";

    [Fact]
    public async Task Does_row_by_row_what_sending_the_rows_one_by_one_does()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        await EachAsync(inCi: 80, onDemand: 2_000, async (random, seed) =>
        {
            var action = OracleRows.Actions[random.Next(OracleRows.Actions.Length)];
            var goesOn = random.Next(3) > 0;
            var rows = OracleRows.Of(random, action, random.Next(1, random.Next(10) == 0 ? 150 : 30));
            var options = Options(atomic: false, goesOn);
            var single = await OneByOneAsync(client, action, rows, goesOn);
            var json = await client.TrySendAsync("/entities/item_json/batch", Envelope(action, rows, options));
            var lines = await client.TrySendAsync(
                $"/entities/item_lines/batch?action={action}&atomic=false&continueOnError={(goesOn ? "true" : "false")}",
                string.Join('\n', rows.Select(row => row.ToJsonString())),
                mediaType: Lines);

            var name = $"seed {seed}, {action}, goes on: {goesOn}\n{string.Join('\n', rows.Select((row, index) => $"{index} {row.ToJsonString()}"))}\n";
            AssertSame(name + "JSON", single, Results(json!));
            AssertSame(name + "NDJSON", single, Results(lines!));
            AssertSame(name + "JSON table", await fixture.ReadAsync("item_single"), await fixture.ReadAsync("item_json"));
            AssertSame(name + "NDJSON table", await fixture.ReadAsync("item_single"), await fixture.ReadAsync("item_lines"));
        });
        output.WriteLine(client.Seen);
    }

    [Fact]
    public async Task Writes_an_atomic_batch_of_rows_wholly_when_every_row_alone_succeeds_and_otherwise_not_at_all()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        await EachAsync(inCi: 60, onDemand: 2_000, async (random, seed) =>
        {
            var action = OracleRows.Actions[random.Next(OracleRows.Actions.Length)];
            var rows = OracleRows.Of(random, action, random.Next(1, 9));
            var before = await fixture.ReadAsync("item_atomic");
            var single = await OneByOneAsync(client, action, rows, goesOn: true);
            var options = Options(atomic: true, goesOn: random.Next(2) == 0);
            var answer = await client.TrySendAsync("/entities/item_atomic/batch", Envelope(action, rows, options));

            var good = single.TrueForAll(result => result.StartsWith("completed", StringComparison.Ordinal));
            var name = $"seed {seed}, {action}\n{string.Join('\n', rows.Select(row => row.ToJsonString()))}\n{answer!.Body}\n";
            Assert.True(good == ((int)answer.Status == 200), $"{name}one by one:\n{string.Join('\n', single)}");
            AssertSame(name, good ? await fixture.ReadAsync("item_single") : before, await fixture.ReadAsync("item_atomic"));
            Assert.True(good || Results(answer).TrueForAll(result => !result.StartsWith("completed", StringComparison.Ordinal)), name);
        });
        output.WriteLine(client.Seen);
    }

    [Fact]
    public async Task Does_operation_by_operation_what_sending_the_operations_one_by_one_does()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        await EachAsync(inCi: 60, onDemand: 2_000, async (random, seed) =>
        {
            var goesOn = random.Next(3) > 0;
            var steps = Enumerable.Range(0, random.Next(1, 20)).Select(_ => Step(random)).ToList();
            var single = new List<string>();
            foreach (var step in steps)
            {
                var stops = !goesOn && single.Exists(IsFailure);
                single.Add(Reached(stops, Results((await client.TrySendAsync("/batch", Operations("item_single", [step], false, true, stops)))!)[0]));
            }
            var effort = await client.TrySendAsync("/batch", Operations("item_json", steps, false, goesOn));
            var before = await fixture.ReadAsync("item_atomic");
            var atomic = await client.TrySendAsync("/batch", Operations("item_atomic", steps, true, goesOn));

            var name = $"seed {seed}, goes on: {goesOn}\n{string.Join('\n', steps.Select((step, index) => $"{index} {step.Operation.ToJsonString()}"))}\n";
            AssertSame(name, single, Results(effort!));
            AssertSame(name, await fixture.ReadAsync("item_single"), await fixture.ReadAsync("item_json"));
            var good = single.TrueForAll(result => result.StartsWith("completed", StringComparison.Ordinal));
            Assert.True(good == ((int)atomic!.Status == 200), $"{name}{atomic.Body}");
            AssertSame(name, good ? await fixture.ReadAsync("item_single") : before, await fixture.ReadAsync("item_atomic"));
        });
        output.WriteLine(client.Seen);
    }

    private sealed record OracleStep(JsonObject Operation);

    private static OracleStep Step(Random random)
    {
        var action = OracleRows.Actions[random.Next(OracleRows.Actions.Length)];
        var row = OracleRows.Of(random, action, 8)[0];
        var operation = new JsonObject { ["action"] = action };
        if (action is "create" or "upsert")
        {
            operation["store_params"] = row.DeepClone();
            return new OracleStep(operation);
        }
        operation["query_params"] = random.Next(4) == 0
            ? new JsonObject { ["quantity"] = $"gt::{random.Next(60)}" }
            : new JsonObject { ["item_id"] = random.Next(1, 12) };
        if (action == "update")
        {
            row.Remove("item_id");
            operation["store_params"] = row.DeepClone();
        }
        return new OracleStep(operation);
    }

    private static string Operations(string entity, List<OracleStep> steps, bool atomic, bool goesOn, bool isStatic = false) => new JsonObject
    {
        ["operations"] = new JsonArray([.. steps.Select(step =>
        {
            var operation = (JsonObject)step.Operation.DeepClone();
            operation["entity"] = entity;
            return (JsonNode)operation;
        })]),
        ["options"] = Options(atomic, goesOn, isStatic),
    }.ToJsonString();

    private static string Envelope(string action, IEnumerable<JsonObject> rows, JsonObject options) => new JsonObject
    {
        ["action"] = action,
        ["items"] = new JsonArray([.. rows.Select(row => row.DeepClone())]),
        ["options"] = options.DeepClone(),
    }.ToJsonString();

    private static async Task<List<string>> OneByOneAsync(ReliabilityClient client, string action, List<JsonObject> rows, bool goesOn)
    {
        var results = new List<string>();
        foreach (var row in rows)
        {
            var stops = !goesOn && results.Exists(IsFailure);
            var body = Envelope(action, [row], Options(atomic: false, goesOn: true, isStatic: stops));
            results.Add(Reached(stops, Results((await client.TrySendAsync("/entities/item_single/batch", body))!)[0]));
        }
        return results;
    }

    /// <summary>After a stop nothing is executed; what needs no database to be found wrong is told all the same.</summary>
    private static string Reached(bool stopped, string result) => stopped && !IsFailure(result) ? "not_executed" : result;

    private static bool IsFailure(string result) => result.StartsWith("failed", StringComparison.Ordinal);

    private static JsonObject Options(bool atomic, bool goesOn, bool isStatic = false) => new()
    {
        ["atomic"] = atomic,
        ["continueOnError"] = goesOn,
        ["validateOnly"] = isStatic ? "static" : null,
    };

    /// <summary>Status, code, outcome and rows of every item, in order; what names the table or the place in the request is left out.</summary>
    private static List<string> Results(ReliabilityAnswer answer)
    {
        Assert.True(answer.Json.TryGetProperty("results", out var results), answer.Body);
        var items = results.ValueKind == JsonValueKind.Array ? results.EnumerateArray() : results.EnumerateObject().Select(item => item.Value);
        return [.. items.OrderBy(item => item.GetProperty("index").GetInt32()).Select(item => string.Join(
            ' ', ((string[])["status", "code", "outcome", "outcomes", "affected", "data"])
                .Where(name => item.TryGetProperty(name, out _) && !(name == "code" && item.GetProperty("status").GetString() == "not_executed"))
                .Select(name => item.GetProperty(name).ToString())))];
    }

    private async Task EachAsync(int inCi, int onDemand, Func<Random, int, Task> round)
    {
        var seed = ReliabilityRun.Seed(output);
        for (var count = ReliabilityRun.Count(inCi, onDemand); count > 0; count--, seed = unchecked(seed + 1))
        {
            await fixture.ResetAsync();
            await round(new Random(seed), seed);
        }
    }

    private static void AssertSame(string name, IEnumerable<string> expected, IEnumerable<string> actual) =>
        AssertSame(name, string.Join('\n', expected), string.Join('\n', actual));

    private static void AssertSame(string name, string expected, string actual) =>
        Assert.True(expected == actual, $"{name}\none by one:\n{expected}\nat once:\n{actual}");
}
