using BatchService.DatabaseTests.Entities;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Statements on entities run as the role that the token names, and nothing else does.</summary>
public sealed class DatabaseRoleTests(DatabaseRoleFixture service) : IClassFixture<DatabaseRoleFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => service.Database.ExecuteAsync("DELETE FROM todo WHERE id > 3");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Policies_of_the_role_decide_what_is_read()
    {
        foreach (var (subject, role, ids) in new[] { ("alice", service.Member, "1"), ("bob", service.Member, "2 3"), ("alice", service.Guest, "3"), ("alice", service.Member, "1") })
        {
            using var client = service.As(subject, role);
            var rows = await client.OneAsync("""{ "entity": "todo", "action": "read" }""");
            var count = await client.OneAsync("""{ "entity": "todo", "action": "read", "metadata_params": { "count": true } }""");
            var assert = await client.OneAsync($$"""{ "entity": "todo", "action": "assert", "metadata_params": { "expect": {{ids.Split(' ').Length}} } }""");

            Assert.Equal(ids, rows.Expect(200).Column("id"));
            Assert.Equal(ids.Split(' ').Length, count.Expect(200).Row.GetProperty("count").GetInt32());
            assert.Expect(200);
        }
    }

    [Theory]
    [InlineData("""{ "entity": "todo", "action": "update", "query_params": { "id": 2 }, "store_params": { "task": "x" } }""", 404, "NOT_MODIFIED")]
    [InlineData("""{ "entity": "todo", "action": "delete", "query_params": { "id": 2 } }""", 404, "NOT_MODIFIED")]
    [InlineData("""{ "entity": "todo", "action": "create", "store_params": { "id": 9, "owner": "bob" } }""", 403, "ROW_SECURITY_VIOLATION")]
    [InlineData("""{ "entity": "todo", "action": "update", "query_params": { "id": 1 }, "store_params": { "owner": "bob" } }""", 403, "ROW_SECURITY_VIOLATION")]
    [InlineData("""{ "entity": "todo", "action": "upsert", "store_params": { "id": 2, "task": "x" } }""", 403, "ROW_SECURITY_VIOLATION")]
    public async Task Policies_of_the_role_decide_what_is_written(string operation, int status, string code)
    {
        using var client = service.As("alice", service.Member);

        var answer = (await client.OneAsync(operation)).ExpectError(status, code);

        Assert.DoesNotContain("B0B", answer.Text, StringComparison.Ordinal);
        Assert.Equal("1alice 2bob 3bob", await service.TextAsync("SELECT id || owner FROM todo ORDER BY id"));
    }

    [Fact]
    public async Task What_the_role_is_not_granted_is_refused()
    {
        using var client = service.As("alice", service.Guest);

        (await client.OneAsync("""{ "entity": "todo", "action": "create", "store_params": { "id": 9 } }""")).ExpectError(403, "PERMISSION_DENIED");
        (await client.OneAsync("""{ "entity": "todo", "action": "delete", "query_params": { "id": 3 } }""")).ExpectError(403, "PERMISSION_DENIED");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData("postgres")]
    [InlineData("pg_read_all_data")]
    [InlineData("no_such_role")]
    [InlineData("x\"; RESET ROLE; --")]
    [InlineData("stranger")]
    [InlineData(null)]
    public async Task A_role_that_the_connection_may_not_take_is_refused_before_anything_runs(string? role)
    {
        using var client = service.As("alice", role == "stranger" ? service.Stranger : role);
        var operation = await client.OneAsync("""{ "entity": "todo", "action": "read" }""");
        var rows = await client.PostTextAsync("todo", """{ "action": "create", "items": [ { "id": 9 } ] }""", RowsClient.Json);
        var lines = await client.PostTextAsync("todo?action=create", """{ "id": 9 }""", RowsClient.Ndjson);

        operation.ExpectError(403, "PERMISSION_DENIED");
        Assert.Equal(("PERMISSION_DENIED", "PERMISSION_DENIED"), (rows.Code, lines.Code));
    }

    [Fact]
    public async Task A_failing_row_among_many_is_found_as_the_role()
    {
        using var client = service.As("alice", service.Member);
        var rows = Enumerable.Range(10, 60).Select(id => id switch
        {
            30 => $$"""{ "id": {{id}}, "task": "bad" }""",
            45 => $$"""{ "id": {{id}}, "owner": "bob" }""",
            _ => $$"""{ "id": {{id}}, "task": "t" }""",
        }).ToList();
        var items = string.Join(", ", rows);

        var atomic = await client.PostTextAsync("todo", $$"""{ "action": "create", "items": [ {{items}} ], "options": { "atomic": true, "continueOnError": true } }""", RowsClient.Json);
        var each = await client.PostTextAsync("todo?action=create&atomic=false&continueOnError=true", string.Join('\n', rows), RowsClient.Ndjson);

        Assert.Equal("20:CHECK_VIOLATION 35:ROW_SECURITY_VIOLATION", atomic.Failures);
        Assert.Equal("20:CHECK_VIOLATION 35:ROW_SECURITY_VIOLATION", each.Failures);
        Assert.Equal(service.Member, await service.TextAsync("SELECT DISTINCT written_as FROM todo WHERE id >= 10"));
        Assert.Equal("alice", await service.TextAsync("SELECT DISTINCT owner FROM todo WHERE id >= 10"));
    }

    [Fact]
    public async Task A_deferred_constraint_meets_its_row_and_a_key_is_kept_by_the_service()
    {
        using var client = service.As("alice", service.Member);
        const string Bad = """{ "action": "create", "items": [ { "id": 80 }, { "id": 81, "parent": 999 } ] }""";
        const string Good = """{ "action": "create", "items": [ { "id": 80 }, { "id": 81, "parent": 80 } ] }""";

        var refused = await client.PostTextAsync("todo", Bad, RowsClient.Json, ("Idempotency-Key", "role-1"));
        var written = await client.PostTextAsync("todo", Good, RowsClient.Json, ("Idempotency-Key", "role-1"));
        var again = await client.PostTextAsync("todo", Good, RowsClient.Json, ("Idempotency-Key", "role-1"));
        using var bob = service.As("bob", service.Member);
        var others = await bob.PostTextAsync("todo", """{ "action": "create", "items": [ { "id": 82 } ] }""", RowsClient.Json, ("Idempotency-Key", "role-1"));

        Assert.Equal("1:FOREIGN_KEY_VIOLATION", refused.Failures);
        Assert.Equal((200, "true"), ((int)again.Status, again.Header("Idempotent-Replayed")));
        Assert.Equal(written.Text, again.Text);
        Assert.Equal((200, null), ((int)others.Status, others.Header("Idempotent-Replayed")));
        Assert.Equal("80alice 81alice 82bob", await service.TextAsync("SELECT id || owner FROM todo WHERE id >= 80 ORDER BY id"));
    }

    [Fact]
    public async Task Operations_of_one_batch_run_each_as_its_own_caller()
    {
        using var client = service.With(TokenText.Of(("sub", "alice"), ("role", service.Member), ("scope", "batch:read batch:write batch:impersonate")));
        var answer = await client.ManyAsync(
            """{ "id": "own", "entity": "todo", "action": "create", "store_params": { "id": 90 } }""",
            $$"""{ "id": "guest", "entity": "todo", "action": "read", "claims": { "role": "{{service.Guest}}" } }""",
            """{ "id": "bob", "entity": "todo", "action": "create", "store_params": { "id": 91 }, "claims": { "sub": "bob" } }""",
            """{ "id": "again", "entity": "todo", "action": "read" }""");

        Assert.Equal("3", string.Join(' ', answer.Expect(200).DataOf(1).Select(row => row.GetProperty("id"))));
        Assert.Equal("1 90", string.Join(' ', answer.DataOf(3).Select(row => row.GetProperty("id"))));
        Assert.Equal("90alice 91bob", await service.TextAsync("SELECT id || owner FROM todo WHERE id >= 90 ORDER BY id"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "atomic": false, "continueOnError": true }""")]
    public async Task The_bad_row_of_an_operation_is_looked_for_with_the_operations_own_claims(string options)
    {
        using var client = service.With(TokenText.Of(("sub", "alice"), ("role", service.Member), ("scope", "batch:write batch:impersonate")));
        var rows = string.Join(", ", Enumerable.Range(100, 20).Select(id => $$"""{ "id": {{id}}, "owner": "bob", "task": "{{(id == 113 ? "bad" : "t")}}" }"""));

        var answer = await client.BatchAsync($$"""
            { "operations": [ { "entity": "todo", "action": "create", "store_params": [ {{rows}} ], "claims": { "sub": "bob" } } ], "options": {{options}} }
            """);

        Assert.Equal(("CHECK_VIOLATION", "/operations/0/store_params/13/task"), (answer.Code, answer.Pointer));
    }

    [Fact]
    public async Task A_narrower_role_is_no_role_and_a_wider_one_needs_a_scope()
    {
        using var client = service.As("alice", service.Member);

        (await client.OneAsync("""{ "entity": "todo", "action": "read", "claims": { "role": [] } }""")).ExpectError(403, "PERMISSION_DENIED");
        (await client.OneAsync("""{ "entity": "todo", "action": "read", "claims": { "roles": [] } }""")).ExpectError(403, "PERMISSION_DENIED");
        (await client.OneAsync($$"""{ "entity": "todo", "action": "read", "claims": { "role": "{{service.Guest}}" } }""")).ExpectError(403, "CLAIMS_NOT_ALLOWED");
        (await client.OneAsync($$"""{ "entity": "todo", "action": "read", "claims": { "role": "{{service.Member}}" } }""")).Expect(200);
    }

    [Fact]
    public async Task The_role_ends_with_its_transaction()
    {
        using var client = service.As("alice", service.Member);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.OneAsync("""{ "entity": "todo", "action": "read" }""")));

        await using var connection = await ((Npgsql.NpgsqlDataSource)service.Services.GetService(typeof(Npgsql.NpgsqlDataSource))!).OpenConnectionAsync();
        await using var command = new Npgsql.NpgsqlCommand("SELECT current_user = session_user AND coalesce(current_setting('request.jwt.claims', true), '') = ''", connection);
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }
}
