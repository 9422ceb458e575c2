using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary><c>claims</c> of an operation: fewer rights than the caller has, never more; row security sees them.</summary>
public sealed class ClaimsTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    [Fact]
    public async Task Shows_narrowed_claims_to_the_database_for_that_operation_alone()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "before", "entity": "claim_log", "action": "create", "store_params": { "note": "a" } },
            { "id": "narrow", "entity": "claim_log", "action": "create", "store_params": { "note": "b" }, "claims": { "scope": "batch:write" } },
            { "id": "after", "entity": "claim_log", "action": "create", "store_params": { "note": "c" } }
            """)).Expect(200);

        Assert.Equal("batch:write", Claims(reply, "narrow").GetProperty("scope").GetString());
        Assert.Contains("batch:delete", Claims(reply, "before").GetProperty("scope").GetString()!, StringComparison.Ordinal);
        Assert.Contains("batch:delete", Claims(reply, "after").GetProperty("scope").GetString()!, StringComparison.Ordinal);
        Assert.Equal("dev", reply.Row("narrow").GetProperty("sub").GetString());
        Assert.Equal("dev", Claims(reply, "narrow").GetProperty("sub").GetString());
    }

    [Theory]
    [InlineData("""{ "scp": ["batch:write"] }""")]
    [InlineData("""{ "scope": ["batch:write"] }""")]
    [InlineData("""{ "scope": "batch:write:claim_log batch:write" }""")]
    public async Task Leaves_no_wider_scope_for_the_database_to_see_however_it_is_spelled(string claims)
    {
        var reply = (await service.Client.RunAsync(
            $$"""{ "id": "narrow", "entity": "claim_log", "action": "create", "store_params": { "note": "x" }, "claims": {{claims}} }""")).Expect(200);

        Assert.DoesNotContain("batch:delete", Claims(reply, "narrow").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("batch:read", Claims(reply, "narrow").GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "scope": "batch:read" }""")]
    [InlineData("""{ "scope": "batch:write:genre" }""")]
    [InlineData("""{ "scope": "" }""")]
    [InlineData("""{ "scope": "batch:read", "scp": "batch:write" }""")]
    public async Task Refuses_an_operation_that_has_given_up_the_scope_that_it_needs(string claims)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "ok", "entity": "claim_log", "action": "create", "store_params": { "note": "given up" } },
            { "id": "narrow", "entity": "claim_log", "action": "create", "store_params": { "note": "given up" }, "claims": {{claims}} }
            """)).Expect(403);

        Assert.Equal(["PERMISSION_DENIED /operations/1/entity"], reply.Problems);
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM claim_log WHERE note = 'given up'"));
    }

    [Fact]
    public async Task Narrows_to_one_entity()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "ok", "entity": "claim_log", "action": "create", "store_params": { "note": "one entity" }, "claims": { "scope": "batch:write:claim_log" } },
            { "id": "no", "entity": "genre", "action": "create", "store_params": { "name": "one entity" }, "claims": { "scope": "batch:write:claim_log" } }
            """, """{ "atomic": false, "continueOnError": true }""")).Expect(207);

        Assert.Equal("ok:completed no:failed", reply.States);
        Assert.Equal("PERMISSION_DENIED", reply.Result("no").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{ "sub": "somebody" }""", "sub")]
    [InlineData("""{ "roles": ["admin"] }""", "roles")]
    [InlineData("""{ "role": "admin" }""", "role")]
    [InlineData("""{ "tenant": "other" }""", "tenant")]
    [InlineData("""{ "scope": "batch:write batch:impersonate" }""", "scope")]
    [InlineData("""{ "scope": "other:write:claim_log" }""", "scope")]
    [InlineData("""{ "scope": 7 }""", "scope")]
    public async Task Refuses_the_whole_request_when_an_operation_claims_more_than_the_caller_has(string claims, string name)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "ok", "entity": "claim_log", "action": "create", "store_params": { "note": "wider" } },
            { "id": "wide", "entity": "claim_log", "action": "create", "store_params": { "note": "wider" }, "claims": {{claims}} }
            """, """{ "atomic": false, "continueOnError": true }""")).Expect(403);

        Assert.Equal("CLAIMS_NOT_ALLOWED", reply.Text("code"));
        Assert.Equal([$"CLAIMS_NOT_ALLOWED /operations/1/claims/{name}"], reply.Problems);
        Assert.False(reply.Body.TryGetProperty("results", out _));
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM claim_log WHERE note = 'wider'"));
    }

    [Fact]
    public async Task Takes_the_callers_own_values()
    {
        (await service.Client.RunAsync(
            """{ "entity": "claim_log", "action": "create", "store_params": { "note": "own" }, "claims": { "sub": "dev", "roles": [] } }""")).Expect(200);
    }

    private static JsonElement Claims(OperationsReply reply, string id) => reply.Row(id).GetProperty("claims");
}
