using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>References that multiply, and a hundred operations that all depend on each other, end soon and in flat memory.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class ReferenceBombTests(LedgerFixture fixture, ITestOutputHelper output) : IClassFixture<LedgerFixture>
{
    private const long MiB = 1024 * 1024;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refuses_text_that_doubles_with_every_operation(bool atomic)
    {
        // a, aa, aaaa, …: thirty doublings of a thousand bytes would be a terabyte.
        var operations = Enumerable.Range(0, 31).Select(number => (JsonNode)new JsonObject
        {
            ["id"] = $"o{number}",
            ["entity"] = "entry",
            ["action"] = "create",
            ["store_params"] = new JsonObject
            {
                ["batch"] = "bomb",
                ["position"] = number,
                ["note"] = number == 0 ? new string('a', 1_000) : $"${{ref:o{number - 1}.note}}${{ref:o{number - 1}.note}}",
            },
        });

        var (answer, _) = await MeasuredAsync(operations, atomic);

        Assert.Equal(atomic ? 413 : 207, (int)answer.Status);
        Assert.Contains("REFERENCE_TOO_LARGE", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_body_full_of_references_to_one_large_value()
    {
        var many = string.Concat(Enumerable.Repeat("${ref:big.note}", 50_000));
        JsonObject[] operations = [Create("big", "bomb"), Create("bomb", "bomb")];
        operations[0]["store_params"]!["note"] = new string('b', 100_000);
        operations[1]["store_params"]!["note"] = many;

        var (answer, _) = await MeasuredAsync(operations, atomic: true);

        Assert.Equal(413, (int)answer.Status);
        Assert.Equal("REFERENCE_TOO_LARGE", answer.Code);
    }

    [Fact]
    public async Task Runs_a_hundred_operations_that_each_wait_for_all_before_them_as_far_as_the_depth_allows()
    {
        const int Depth = 32;
        var layers = Enumerable.Range(0, 100).Select(number =>
        {
            var operation = Create($"o{number}", $"full-{number}");
            operation["depends_on"] = new JsonArray([.. Enumerable.Range(0, number).Where(other => other % Depth < number % Depth).Select(other => (JsonNode)$"o{other}")]);
            return (JsonNode)operation;
        });
        var (answer, elapsed) = await MeasuredAsync(layers, atomic: true);

        Assert.True((int)answer.Status == 200, answer.Body);
        output.WriteLine($"{elapsed.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task Refuses_a_hundred_operations_that_form_one_chain_or_one_circle()
    {
        var chain = Enumerable.Range(0, 100).Select(number =>
        {
            var operation = Create($"o{number}", "chain");
            operation["depends_on"] = new JsonArray([.. Enumerable.Range(0, number).Select(other => (JsonNode)$"o{other}")]);
            return (JsonNode)operation;
        });
        var circle = Enumerable.Range(0, 100).Select(number =>
        {
            var operation = Create($"o{number}", "circle");
            operation["depends_on"] = new JsonArray([.. Enumerable.Range(0, 100).Where(other => other != number).Select(other => (JsonNode)$"o{other}")]);
            return (JsonNode)operation;
        });

        Assert.Equal("DEPENDENCY_TOO_DEEP", (await MeasuredAsync(chain, atomic: true)).Answer.Code);
        Assert.Equal("DEPENDENCY_CYCLE", (await MeasuredAsync(circle, atomic: true)).Answer.Code);
        Assert.DoesNotContain((await ReliabilityLedger.ReadAsync(fixture.Database)).Keys, batch => batch is "chain" or "circle");
    }

    private static JsonObject Create(string id, string batch) => new()
    {
        ["id"] = id,
        ["entity"] = "entry",
        ["action"] = "create",
        ["store_params"] = new JsonObject { ["batch"] = batch, ["position"] = 0 },
    };

    /// <summary>Sends it twice and looks at the second time, when everything is compiled and every pool is filled.</summary>
    private async Task<(ReliabilityAnswer Answer, TimeSpan Elapsed)> MeasuredAsync(IEnumerable<JsonNode> operations, bool atomic)
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var body = new JsonObject
        {
            ["operations"] = new JsonArray([.. operations]),
            ["options"] = new JsonObject { ["atomic"] = atomic, ["continueOnError"] = !atomic, ["return"] = "minimal" },
        }.ToJsonString();
        await client.TrySendAsync("/batch", body);
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var answer = await client.TrySendAsync("/batch", body);
        var elapsed = clock.Elapsed;
        var grown = (GC.GetTotalMemory(forceFullCollection: true) - memory) / MiB;
        output.WriteLine($"{elapsed.TotalMilliseconds:0} ms, memory {grown:+0;-0} MiB, {(int)answer!.Status} {answer.Code}");

        Assert.True(elapsed < Soon, $"It took {elapsed}.");
        Assert.True(grown < 32, $"Memory grew by {grown} MiB.");
        return (answer, elapsed);
    }
}
