using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary>The answer, member by member, as the contract's example shows it.</summary>
public sealed class ResponseShapeTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Three = """
        { "id": "cust", "entity": "customer", "action": "create", "store_params": { "first_name": "A", "last_name": "B", "email": "shape@example.com" } },
        { "id": "inv", "entity": "invoice", "action": "create", "store_params": { "customer_id": 999999, "invoice_date": "2026-01-01T00:00:00", "total": 1 } },
        { "id": "line", "entity": "invoice_line", "action": "create", "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 1, "unit_price": 1, "quantity": 1 } }
        """;

    private const string BestEffort = """{ "atomic": false, "continueOnError": true }""";

    [Fact]
    public async Task Answers_with_the_members_of_the_contracts_example_in_their_order()
    {
        var reply = (await service.Client.RunAsync(Three, BestEffort)).Expect(207);

        Assert.Equal("application/json", reply.MediaType);
        Assert.Equal(
            [
                "success", "atomic", "committed", "total", "successCount", "failureCount", "skippedCount", "successRate", "durationMs",
                "results", "failedOperations", "errors",
            ],
            Names(reply.Body));
        Assert.Equal(["cust", "inv", "line"], Names(reply.Body.GetProperty("results")));
        Assert.Equal(["index", "status", "statusCode", "affected", "data"], Names(reply.Result("cust")));
        Assert.Equal(["index", "status", "statusCode", "code", "error", "retryable", "pointer", "constraint"], Names(reply.Result("inv")));
        Assert.Equal(["index", "status", "statusCode", "reason", "causedBy"], Names(reply.Result("line")));
    }

    [Fact]
    public async Task Gives_the_values_of_the_contracts_example()
    {
        var reply = (await service.Client.RunAsync(Three, BestEffort)).Expect(207);

        Assert.Equal("false false true 3 1 1 1 33.3", string.Join(' ', reply.Body.EnumerateObject().Take(8).Select(member => member.Value.GetRawText())));
        Assert.True(reply.Body.GetProperty("durationMs").TryGetInt64(out var duration) && duration >= 0);
        Assert.Equal("0 \"completed\" 201 1", string.Join(' ', reply.Result("cust").EnumerateObject().Take(4).Select(member => member.Value.GetRawText())));
        Assert.Equal("[\"inv\"]", reply.Body.GetProperty("failedOperations").GetRawText());
        var inv = reply.Result("inv");
        Assert.Equal(409, inv.GetProperty("statusCode").GetInt32());
        Assert.Equal("FOREIGN_KEY_VIOLATION", inv.GetProperty("code").GetString());
        Assert.False(inv.GetProperty("retryable").GetBoolean());
        Assert.Equal("/operations/1/store_params/customer_id", inv.GetProperty("pointer").GetString());
        Assert.Equal("invoice_customer_id_fkey", inv.GetProperty("constraint").GetString());
        Assert.Equal(inv.GetProperty("error").GetString(), Assert.Single(reply.Body.GetProperty("errors").EnumerateObject()).Value.GetString());
        Assert.Equal(["1"], Names(reply.Body.GetProperty("errors")));
        Assert.Equal("1", reply.Header("Batch-Succeeded"));
        Assert.Equal("1", reply.Header("Batch-Failed"));
    }

    [Fact]
    public async Task Has_no_failures_to_list_when_everything_completed()
    {
        var reply = (await service.Client.RunAsync("""{ "entity": "genre", "action": "read" }""")).Expect(200);

        Assert.Equal("results", Names(reply.Body)[^1]);
        Assert.Equal(100, reply.Body.GetProperty("successRate").GetDouble());
        Assert.Equal("1", reply.Header("Batch-Succeeded"));
        Assert.Equal("0", reply.Header("Batch-Failed"));
    }

    [Theory]
    [InlineData("""{ "return": "minimal" }""", "", false)]
    [InlineData("{}", "return=minimal", false)]
    [InlineData("""{ "return": "minimal" }""", "return=representation", true)]
    [InlineData("""{ "return": "representation" }""", "", true)]
    public async Task Leaves_out_the_rows_on_request(string options, string prefer, bool hasData)
    {
        var reply = (await service.Client.PostBatchAsync($$"""
            { "operations": [
                { "id": "w", "entity": "genre", "action": "create", "store_params": { "name": "Minimal" } },
                { "id": "u", "entity": "genre", "action": "update", "query_params": { "genre_id": "$ref:w.genre_id" }, "store_params": { "version": 2 } },
                { "id": "d", "entity": "genre", "action": "delete", "query_params": { "genre_id": "$ref:w.genre_id" } }
              ], "options": {{options}} }
            """, prefer.Length == 0 ? [] : [("Prefer", prefer)])).Expect(200);

        Assert.All(new[] { "w", "u", "d" }, id => Assert.Equal(hasData, reply.Result(id).TryGetProperty("data", out _)));
        Assert.Equal([1, 1, 1], new[] { "w", "u", "d" }.Select(id => reply.Result(id).GetProperty("affected").GetInt32()));
        Assert.Equal(prefer, reply.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Lists_only_what_did_not_complete_on_request()
    {
        var reply = (await service.Client.RunAsync(Three, """{ "atomic": false, "continueOnError": true, "results": "failed" }""")).Expect(207);

        Assert.Equal("inv:failed line:skipped", reply.States);
        Assert.Equal(3, reply.Body.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Lists_the_results_in_request_order_whatever_the_order_of_the_run()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "2", "entity": "genre", "action": "read", "depends_on": ["1"] },
            { "id": "10", "entity": "genre", "action": "read", "depends_on": ["2"] },
            { "id": "1", "entity": "genre", "action": "read" }
            """)).Expect(200);

        Assert.Equal("2:completed 10:completed 1:completed", reply.States);
        Assert.Equal([0, 1, 2], reply.Body.GetProperty("results").EnumerateObject().Select(result => result.Value.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task Never_echoes_a_rejected_value()
    {
        const string secret = "s3cret-value-that-must-not-return";
        var reply = await service.Client.RunAsync($$"""
            { "entity": "genre", "action": "create", "store_params": { "genre_id": "{{secret}}" } },
            { "entity": "customer", "action": "create", "store_params": { "first_name": "a", "last_name": "{{secret}}", "email": "x" } },
            { "entity": "genre", "action": "read", "query_params": { "genre_id": "{{secret}}" } },
            { "entity": "genre", "action": "read", "metadata_params": { "limit": "{{secret}}" } }
            """, """{ "continueOnError": true }""");

        Assert.Equal(4, reply.Problems.Count);
        Assert.DoesNotContain(secret, reply.Body.GetRawText(), StringComparison.Ordinal);
    }

    private static List<string> Names(JsonElement value) => [.. value.EnumerateObject().Select(member => member.Name)];
}
