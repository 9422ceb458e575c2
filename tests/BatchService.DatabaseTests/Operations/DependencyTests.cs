namespace BatchService.DatabaseTests.Operations;

/// <summary>Dependencies between operations, as they are sent in <c>depends_on</c> and implied by references.</summary>
public sealed class DependencyTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string BestEffort = """{ "atomic": false, "continueOnError": true }""";

    [Theory]
    [InlineData("a", "a", "Circular dependency detected: a -> a")]
    [InlineData("b", "a", "Circular dependency detected: a -> b -> a")]
    public async Task Refuses_a_circle_and_names_it(string ofA, string ofB, string detail)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "a", "entity": "genre", "action": "create", "store_params": { "name": "circle" }, "depends_on": ["{{ofA}}"] },
            { "id": "b", "entity": "genre", "action": "create", "store_params": { "name": "circle" }, "depends_on": ["{{ofB}}"] }
            """)).Expect(400);

        Assert.Equal("DEPENDENCY_CYCLE", reply.Text("code"));
        Assert.Equal(detail, reply.Text("error"));
        Assert.Equal("DEPENDENCY_CYCLE /operations/0/depends_on/0", reply.Problems[0]);
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'circle'"));
    }

    [Fact]
    public async Task Finds_a_circle_that_references_close()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "a", "entity": "genre", "action": "create", "store_params": { "name": "$ref:c.name" } },
            { "id": "b", "entity": "genre", "action": "create", "store_params": { "name": "$ref:a.name" } },
            { "id": "c", "entity": "genre", "action": "create", "store_params": { "name": "x" }, "depends_on": ["b"] }
            """)).Expect(400);

        Assert.Equal("Circular dependency detected: a -> c -> b -> a", reply.Text("error"));
        Assert.Equal(["DEPENDENCY_CYCLE /operations/0/store_params/name"], reply.Problems);
    }

    [Fact]
    public async Task Refuses_a_reference_of_an_operation_to_itself()
    {
        var reply = (await service.Client.RunAsync(
            """{ "id": "a", "entity": "genre", "action": "create", "store_params": { "name": "$ref:a.name" } }""")).Expect(400);

        Assert.Equal("Circular dependency detected: a -> a", reply.Text("error"));
    }

    [Fact]
    public async Task Waits_for_operations_that_come_later_in_the_request()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "count", "entity": "artist", "action": "read", "query_params": { "name": "Forward" }, "metadata_params": { "count": true }, "depends_on": ["make", "make"] },
            { "id": "make", "entity": "artist", "action": "create", "store_params": { "name": "Forward" } }
            """)).Expect(200);

        Assert.Equal("count:completed make:completed", reply.States);
        Assert.Equal(1, reply.Row("count").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Runs_a_chain_of_32_operations_and_refuses_one_of_33()
    {
        static string Chain(int length) => string.Join(',', Enumerable.Range(0, length).Select(index => index == 0
            ? """{ "id": "o0", "entity": "playlist", "action": "create", "store_params": { "name": "chain" } }"""
            : $$"""{ "id": "o{{index}}", "entity": "playlist", "action": "create", "store_params": { "name": "$ref:o{{index - 1}}.name" } }"""));

        (await service.Client.RunAsync(Chain(32))).Expect(200);
        var reply = (await service.Client.RunAsync(Chain(33))).Expect(400);

        Assert.Equal("DEPENDENCY_TOO_DEEP", reply.Text("code"));
        Assert.Equal(["DEPENDENCY_TOO_DEEP /operations/32/store_params/name"], reply.Problems);
        Assert.Equal(32, await service.NumberAsync("SELECT count(*) FROM playlist WHERE name = 'chain'"));
    }

    [Fact]
    public async Task Names_the_root_cause_of_everything_that_a_failure_takes_with_it()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "end", "entity": "genre", "action": "create", "store_params": { "name": "skipped" }, "depends_on": ["third", "free"] },
            { "id": "root", "entity": "album", "action": "create", "store_params": { "title": "x", "artist_id": 999999 } },
            { "id": "second", "entity": "genre", "action": "create", "store_params": { "name": "$ref:root.title" } },
            { "id": "third", "entity": "genre", "action": "create", "store_params": { "name": "skipped" }, "depends_on": ["second"] },
            { "id": "free", "entity": "genre", "action": "create", "store_params": { "name": "independent" } }
            """, BestEffort)).Expect(207);

        Assert.Equal("end:skipped root:failed second:skipped third:skipped free:completed", reply.States);
        foreach (var id in new[] { "second", "third", "end" })
        {
            var result = reply.Result(id);
            Assert.Equal(["index", "status", "statusCode", "reason", "causedBy"], result.EnumerateObject().Select(member => member.Name));
            Assert.Equal("root", result.GetProperty("causedBy").GetString());
            Assert.Equal("Dependency failed", result.GetProperty("reason").GetString());
            Assert.Equal(424, result.GetProperty("statusCode").GetInt32());
        }
        Assert.Equal(1, reply.Body.GetProperty("failureCount").GetInt32());
        Assert.Equal(3, reply.Body.GetProperty("skippedCount").GetInt32());
        Assert.Equal(["root"], reply.Body.GetProperty("failedOperations").EnumerateArray().Select(id => id.GetString()!));
        Assert.Equal(1, await service.NumberAsync("SELECT count(*) FROM genre WHERE name IN ('skipped', 'independent')"));
    }

    [Fact]
    public async Task Skips_what_depends_on_an_operation_that_was_refused_before_the_run()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "bad", "entity": "genre", "action": "create", "store_params": { "nmae": "x" } },
            { "id": "after", "entity": "genre", "action": "create", "store_params": { "name": "x" }, "depends_on": ["bad"] }
            """, BestEffort)).Expect(207);

        Assert.Equal("bad:failed after:skipped", reply.States);
        Assert.Equal("bad", reply.Result("after").GetProperty("causedBy").GetString());
    }

    [Fact]
    public async Task Says_what_is_wrong_with_a_dependency_list_of_many_unknown_names_without_drowning()
    {
        var names = string.Join(',', Enumerable.Range(0, 20_000).Select(index => $"\"x{index}\""));

        var reply = (await service.Client.RunAsync($$"""{ "entity": "genre", "action": "read", "depends_on": [{{names}}] }""")).Expect(400);

        Assert.InRange(reply.Problems.Count, 1, 1_000);
    }
}
