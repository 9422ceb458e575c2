using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary>The four modes: the answer says of every operation what the database says.</summary>
public sealed class BatchModesTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    /// <summary>cust and inv are good, bad names no track, good is independent of it, gift waits for it.</summary>
    private static string Operations(string mark) => $$"""
        { "id": "cust", "entity": "customer", "action": "create", "store_params": { "first_name": "Grace", "last_name": "Hopper", "email": "{{mark}}" } },
        { "id": "inv", "entity": "invoice", "action": "create",
          "store_params": { "customer_id": "$ref:cust.customer_id", "invoice_date": "2026-01-15T00:00:00", "total": 0.99, "billing_city": "{{mark}}" } },
        { "id": "bad", "entity": "invoice_line", "action": "create",
          "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 999999, "unit_price": 0.99, "quantity": 1 } },
        { "id": "good", "entity": "invoice_line", "action": "create",
          "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 1, "unit_price": 0.99, "quantity": 1 } },
        { "id": "gift", "entity": "invoice_line", "action": "create", "depends_on": ["bad"],
          "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 2, "unit_price": 0, "quantity": 1 } }
        """;

    [Theory]
    [InlineData(true, false, 409, "cust:rolled_back inv:rolled_back bad:failed good:not_executed gift:not_executed", 0, 1, 4)]
    [InlineData(true, true, 409, "cust:rolled_back inv:rolled_back bad:failed good:rolled_back gift:skipped", 0, 1, 4)]
    [InlineData(false, false, 207, "cust:completed inv:completed bad:failed good:not_executed gift:not_executed", 2, 1, 2)]
    [InlineData(false, true, 207, "cust:completed inv:completed bad:failed good:completed gift:skipped", 3, 1, 1)]
    public async Task Says_of_every_operation_what_the_database_says(
        bool atomic, bool continueOnError, int status, string states, int succeeded, int failed, int skipped)
    {
        var mark = $"modes-{atomic}-{continueOnError}@example.com";

        var reply = (await service.Client.RunAsync(
            Operations(mark), JsonSerializer.Serialize(new { atomic, continueOnError }))).Expect(status);

        Assert.Equal(states, reply.States);
        Assert.Equal(succeeded, reply.Body.GetProperty("successCount").GetInt32());
        Assert.Equal(failed, reply.Body.GetProperty("failureCount").GetInt32());
        Assert.Equal(skipped, reply.Body.GetProperty("skippedCount").GetInt32());
        Assert.Equal(succeeded > 0, reply.Body.GetProperty("committed").GetBoolean());
        Assert.Equal(atomic, reply.Body.GetProperty("atomic").GetBoolean());
        Assert.Equal($"{succeeded}", reply.Header("Batch-Succeeded"));
        Assert.Equal($"{failed}", reply.Header("Batch-Failed"));
        Assert.Equal(succeeded, await service.NumberAsync($"""
            SELECT (SELECT count(*) FROM customer WHERE email = '{mark}')
                 + (SELECT count(*) FROM invoice WHERE billing_city = '{mark}')
                 + (SELECT count(*) FROM invoice_line JOIN invoice USING (invoice_id) WHERE billing_city = '{mark}')
            """));
    }

    [Fact]
    public async Task Answers_an_aborted_batch_with_a_problem_that_carries_the_whole_batch_response()
    {
        var reply = (await service.Client.RunAsync(Operations("abort@example.com"))).Expect(409);

        Assert.Equal("application/problem+json", reply.MediaType);
        Assert.Equal(
            [
                "type", "title", "status", "detail", "code", "error", "retryable", "traceId", "problems",
                "success", "atomic", "committed", "total", "successCount", "failureCount", "skippedCount", "successRate", "durationMs",
                "results", "failedOperations", "errors",
            ],
            reply.Body.EnumerateObject().Select(member => member.Name));
        Assert.Equal("FOREIGN_KEY_VIOLATION", reply.Text("code"));
        Assert.Equal(["FOREIGN_KEY_VIOLATION /operations/2/store_params/track_id"], reply.Problems);
        var problem = reply.Body.GetProperty("problems")[0];
        Assert.Equal(2, problem.GetProperty("index").GetInt32());
        Assert.Equal("bad", problem.GetProperty("id").GetString());
        Assert.Equal(reply.Text("detail"), reply.Body.GetProperty("errors").GetProperty("2").GetString());
        Assert.Equal("bad", Assert.Single(reply.Body.GetProperty("failedOperations").EnumerateArray()).GetString());
        Assert.Equal(424, reply.Result("cust").GetProperty("statusCode").GetInt32());
        Assert.Equal("ROLLED_BACK", reply.Result("cust").GetProperty("code").GetString());
        Assert.Equal("NOT_EXECUTED", reply.Result("good").GetProperty("code").GetString());
        Assert.False(reply.Result("cust").TryGetProperty("data", out _));
    }

    [Theory]
    [InlineData("""{ "atomic": false }""")]
    [InlineData("""{ "atomic": false, "continueOnError": true }""")]
    public async Task Has_committed_nothing_when_no_operation_had_an_effect(string options)
    {
        var reply = (await service.Client.RunAsync("""
            { "entity": "genre", "action": "delete", "query_params": { "genre_id": 999998 } },
            { "entity": "genre", "action": "delete", "query_params": { "genre_id": 999999 } }
            """, options)).Expect(207);

        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
    }

    [Fact]
    public async Task Finds_all_failures_of_an_atomic_batch_that_goes_on_and_answers_422_when_they_differ()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "ok", "entity": "genre", "action": "create", "store_params": { "name": "All failures" } },
            { "id": "fk", "entity": "album", "action": "create", "store_params": { "title": "x", "artist_id": 999999 } },
            { "id": "none", "entity": "genre", "action": "delete", "query_params": { "genre_id": 999999 } },
            { "id": "false", "entity": "genre", "action": "assert", "query_params": { "genre_id": 999999 } }
            """, """{ "continueOnError": true }""")).Expect(422);

        Assert.Equal("ok:rolled_back fk:failed none:failed false:failed", reply.States);
        Assert.Equal("3 items failed, for different reasons.", reply.Text("error"));
        Assert.Equal("409 404 412", string.Join(' ', new[] { "fk", "none", "false" }.Select(id => reply.Result(id).GetProperty("statusCode").GetInt32())));
        Assert.Equal("No records were modified", reply.Result("none").GetProperty("error").GetString());
        Assert.Equal(
            ["FOREIGN_KEY_VIOLATION /operations/1/store_params/artist_id", "NOT_MODIFIED /operations/2/query_params", "ASSERTION_FAILED /operations/3/query_params"],
            reply.Problems);
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'All failures'"));
    }

    [Theory]
    [InlineData("""{ "entity": "genre", "action": "update", "query_params": { "genre_id": 999999 }, "store_params": { "name": "x" } }""", 404, "NOT_MODIFIED")]
    [InlineData("""{ "entity": "no_such_entity", "action": "read" }""", 404, "ENTITY_UNKNOWN")]
    [InlineData("""{ "entity": "genre", "action": "assert", "query_params": { "genre_id": 999999 } }""", 412, "ASSERTION_FAILED")]
    [InlineData("""{ "entity": "genre", "action": "update", "query_params": { "genre_id": 1 }, "store_params": { "name": "x" }, "metadata_params": { "expect_affected": 2 } }""", 412, "PRECONDITION_FAILED")]
    [InlineData("""{ "entity": "genre", "action": "delete" }""", 400, "FILTER_REQUIRED")]
    [InlineData("""{ "entity": "genre", "action": "create", "store_params": { "genre_id": "one" } }""", 422, "TYPE_INVALID")]
    [InlineData("""{ "entity": "genre", "action": "create", "store_params": { "genre_id": 1 } }""", 409, "UNIQUE_VIOLATION")]
    public async Task Gives_an_aborted_batch_the_status_of_the_failure_that_caused_it(string operation, int status, string code)
    {
        var reply = (await service.Client.RunAsync(
            $$"""{ "id": "ok", "entity": "genre", "action": "create", "store_params": { "name": "Cause" } }, {{operation}}""")).Expect(status);

        Assert.Equal(code, reply.Text("code"));
        Assert.Equal(code, reply.Result("op_1").GetProperty("code").GetString());
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'Cause'"));
    }

    [Theory]
    [InlineData("""{ "atomic": false, "continueOnError": true }""", 200)]
    [InlineData("""{ "atomic": true }""", 409)]
    public async Task Answers_200_in_place_of_207_on_request_but_never_in_place_of_an_error(string options, int status)
    {
        var reply = await service.Client.PostBatchAsync(
            $$"""{ "operations": [ {{Operations("multi-status@example.com")}} ], "options": {{options}} }""", ("Prefer", "multi-status=200"));

        reply.Expect(status);
        Assert.False(reply.Body.GetProperty("success").GetBoolean());
        Assert.Equal(status == 200 ? "multi-status=200" : "", reply.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Blames_the_second_of_two_operations_that_create_the_same_key()
    {
        foreach (var options in new[] { "{}", """{ "continueOnError": true }""", """{ "atomic": false }""", """{ "atomic": false, "continueOnError": true }""" })
        {
            var reply = await service.Client.RunAsync("""
                { "id": "first", "entity": "node", "action": "create", "store_params": { "node_id": 70, "name": "first" } },
                { "id": "second", "entity": "node", "action": "create", "store_params": { "node_id": 70, "name": "second" } }
                """, options);

            Assert.Equal("UNIQUE_VIOLATION", reply.Result("second").GetProperty("code").GetString());
            var isAtomic = reply.Body.GetProperty("atomic").GetBoolean();
            Assert.Equal(isAtomic ? "first:rolled_back second:failed" : "first:completed second:failed", reply.States);
            Assert.Equal(isAtomic ? null : "first", await service.TextAsync("SELECT name FROM node WHERE node_id = 70"));
            await service.NumberAsync("WITH d AS (DELETE FROM node WHERE node_id = 70) SELECT 0");
        }
    }

    [Fact]
    public async Task Meets_a_deferred_constraint_at_its_operation_in_every_mode()
    {
        await service.TextAsync("ALTER TABLE node ALTER CONSTRAINT node_parent_fkey DEFERRABLE INITIALLY DEFERRED");
        foreach (var (options, states) in new[]
        {
            ("{}", "ok:rolled_back orphan:failed after:not_executed"),
            ("""{ "continueOnError": true }""", "ok:rolled_back orphan:failed after:rolled_back"),
            ("""{ "atomic": false }""", "ok:completed orphan:failed after:not_executed"),
            ("""{ "atomic": false, "continueOnError": true }""", "ok:completed orphan:failed after:completed"),
        })
        {
            var reply = await service.Client.RunAsync("""
                { "id": "ok", "entity": "node", "action": "create", "store_params": { "node_id": 80 } },
                { "id": "orphan", "entity": "node", "action": "create", "store_params": { "node_id": 81, "parent_id": 888 } },
                { "id": "after", "entity": "node", "action": "create", "store_params": { "node_id": 82 } }
                """, options);

            Assert.Equal(states, reply.States);
            Assert.Equal("node_parent_fkey", reply.Result("orphan").GetProperty("constraint").GetString());
            Assert.Equal(states.Split(' ').Count(state => state.EndsWith(":completed", StringComparison.Ordinal)), await service.NumberAsync("SELECT count(*) FROM node WHERE node_id >= 80"));
            await service.TextAsync("DELETE FROM node WHERE node_id >= 80");
        }
    }
}
