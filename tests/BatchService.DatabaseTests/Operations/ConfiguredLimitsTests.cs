using BatchService.DatabaseTests.Operating;

namespace BatchService.DatabaseTests.Operations;

/// <summary>The limits of the settings are the ones that count.</summary>
public sealed class ConfiguredLimitsTests(ConfiguredLimitsTests.Small service) : IClassFixture<ConfiguredLimitsTests.Small>
{
    /// <summary>The service with small limits.</summary>
    public sealed class Small : OperationsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Batch:MaxOperations"] = "5";
            settings["Batch:MaxDependencyDepth"] = "3";
            settings["Batch:MaxResolvedBytes"] = "1024";
        }
    }

    [Fact]
    public async Task Counts_operations_against_the_configured_number()
    {
        static string Reads(int number) => string.Join(',', Enumerable.Repeat("""{ "entity": "genre", "action": "read" }""", number));

        (await service.Client.RunAsync(Reads(5))).Expect(200);
        Assert.Equal("Batch size exceeds maximum (5). Requested: 6", (await service.Client.RunAsync(Reads(6))).Expect(400).Text("error"));
    }

    [Fact]
    public async Task Describes_the_configured_number_in_the_OpenAPI_document()
    {
        var document = await OpenApiDocument.ReadAsync(service.Client);

        Assert.Equal(5, document.Component("BatchRequest").GetProperty("properties").GetProperty("operations").GetProperty("maxItems").GetInt32());
    }

    [Fact]
    public async Task Measures_chains_against_the_configured_depth()
    {
        static string Chain(int length) => string.Join(',', Enumerable.Range(0, length).Select(index =>
            $$"""{ "entity": "genre", "action": "read", "depends_on": [{{(index == 0 ? "" : $"\"op_{index - 1}\"")}}] }"""));

        (await service.Client.RunAsync(Chain(3))).Expect(200);
        Assert.Equal("DEPENDENCY_TOO_DEEP", (await service.Client.RunAsync(Chain(4))).Expect(400).Text("code"));
    }

    [Fact]
    public async Task Measures_resolved_references_against_the_configured_bytes()
    {
        static string Copy(int length) => $$"""
            { "id": "a", "entity": "doc", "action": "create", "store_params": { "title": "{{new string('x', length)}}" } },
            { "id": "b", "entity": "doc", "action": "create", "store_params": { "title": "$ref:a.title" } }
            """;

        (await service.Client.RunAsync(Copy(900))).Expect(200);
        Assert.Equal("REFERENCE_TOO_LARGE", (await service.Client.RunAsync(Copy(1100))).Expect(413).Text("code"));
    }
}
