using BatchService.DatabaseTests.Entities;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Writes stay inside the rows and columns that the caller's roles grant, whichever statement writes them.</summary>
public sealed class PermissionWriteTests(IdentityFixture service) : IClassFixture<IdentityFixture>, IAsyncLifetime
{
    private const string Everything = "SELECT c FROM customer AS c ORDER BY customer_id";

    public Task InitializeAsync() => service.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 3 }, "store_params": { "name": "x" } }""")]
    [InlineData("""{ "entity": "customer", "action": "update", "query_params": { "tenant": "blue" }, "store_params": { "name": "x" } }""")]
    [InlineData("""{ "entity": "customer", "action": "delete", "query_params": { "customer_id": 3 } }""")]
    public async Task Rows_outside_the_filter_are_as_if_they_were_not_there(string operation)
    {
        using var client = service.As("clerk");
        var before = await service.TextAsync(Everything);

        (await client.OneAsync(operation)).ExpectError(404, "NOT_MODIFIED");

        Assert.Equal(before, await service.TextAsync(Everything));
    }

    [Theory]
    [InlineData("update", """{ "customer_id": 3, "name": "x" }""")]
    [InlineData("delete", """{ "customer_id": 3 }""")]
    [InlineData("update", """{ "customer_id": 3, "name": "x", "$etag": "1" }""")]
    [InlineData("delete", """{ "customer_id": 3, "$etag": "1" }""")]
    public async Task Rows_outside_the_filter_are_missing_in_row_batches(string action, string row)
    {
        using var client = service.As("clerk");
        var before = await service.TextAsync(Everything);
        foreach (var options in new[] { "{}", """{ "atomic": false, "continueOnError": true }""" })
        {
            var alone = await client.PostTextAsync("customer", $$"""{ "action": "{{action}}", "items": [ {{row}} ], "options": {{options}} }""", RowsClient.Json);
            var among = await client.PostTextAsync(
                "customer", $$"""{ "action": "{{action}}", "items": [ {{row}}, {{row.Replace("3", "77", StringComparison.Ordinal)}} ], "options": {{options}} }""", RowsClient.Json);

            Assert.Equal("0:NOT_MODIFIED", alone.Failures);
            Assert.StartsWith("0:NOT_MODIFIED", among.Failures, StringComparison.Ordinal);
        }

        Assert.Equal(before, await service.TextAsync(Everything));
    }

    [Fact]
    public async Task An_update_changes_the_rows_inside_the_filter_alone()
    {
        using var client = service.As("clerk");

        var answer = await client.OneAsync("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": "gt::0" }, "store_params": { "note": "all" } }""");

        Assert.Equal(3, answer.Expect(200).Data.Count);
        Assert.Equal("all all n3-BLUE all", await service.TextAsync("SELECT note FROM customer ORDER BY customer_id"));
        Assert.DoesNotContain("S3CRET", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limit_of_affected_rows_does_not_count_rows_of_others()
    {
        using var client = service.As("clerk");

        (await client.OneAsync("""
            { "entity": "customer", "action": "update", "query_params": { "customer_id": "gt::0" }, "store_params": { "note": "x" },
              "metadata_params": { "max_affected": 3, "expect_affected": 3 } }
            """)).Expect(200);
    }

    [Theory]
    [InlineData("""{ "entity": "customer", "action": "create", "store_params": { "tenant": "blue", "name": "x" } }""")]
    [InlineData("""{ "entity": "customer", "action": "create", "store_params": [ { "tenant": "red" }, { "tenant": "blue" } ] }""")]
    [InlineData("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "tenant": "blue" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 50, "tenant": "blue" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 1, "tenant": "blue" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 3, "tenant": "red" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 3, "tenant": "blue", "name": "x" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "tenant": "red", "email": "cyd@blue" }, "metadata_params": { "on_conflict": { "columns": ["email"], "action": "ignore" } } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "tenant": "red", "email": "cyd@blue" }, "metadata_params": { "on_conflict": { "columns": ["email"] } } }""")]
    public async Task A_write_that_would_leave_or_meet_a_row_outside_the_filter_is_refused(string operation)
    {
        using var client = service.As("clerk");
        var before = await service.TextAsync(Everything);

        var atomic = (await client.OneAsync(operation)).ExpectError(403, "PERMISSION_DENIED");
        var each = await client.EachAsync(operation, """{ "entity": "plain", "action": "create", "store_params": { "name": "other" } }""");

        Assert.StartsWith("/operations/0", atomic.Pointer, StringComparison.Ordinal);
        Assert.Equal("PERMISSION_DENIED", each.Expect(207).Code);
        Assert.Equal(before, await service.TextAsync(Everything));
        Assert.DoesNotContain("BLUE", atomic.Text + each.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create", """{ "tenant": "red", "name": "good" }""", """{ "tenant": "blue", "name": "bad" }""", 403)]
    [InlineData("update", """{ "customer_id": 1, "name": "good" }""", """{ "customer_id": 2, "tenant": "blue" }""", 403)]
    [InlineData("upsert", """{ "customer_id": 1, "tenant": "red", "name": "good" }""", """{ "customer_id": 3, "tenant": "red", "name": "bad" }""", 403)]
    [InlineData("upsert", """{ "customer_id": 1, "tenant": "red", "name": "good" }""", """{ "customer_id": 2, "tenant": "blue", "name": "bad" }""", 403)]
    public async Task Among_many_rows_exactly_those_outside_the_filter_fail(string action, string good, string bad, int status)
    {
        using var client = service.As("clerk");
        var before = await service.TextAsync(Everything);
        var filler = action == "create"
            ? Enumerable.Range(0, 40).Select(number => $$"""{ "tenant": "red", "name": "f{{number}}" }""")
            : [];
        string[] rows = [.. filler, good, bad];

        var atomic = await client.PostTextAsync("customer", $$"""{ "action": "{{action}}", "items": [ {{string.Join(", ", rows)}} ] }""", RowsClient.Json);
        Assert.Equal(before, await service.TextAsync(Everything));
        var lines = await client.PostTextAsync($"customer?action={action}&atomic=false&continueOnError=true", string.Join('\n', rows), RowsClient.Ndjson);

        Assert.Equal(status, (int)atomic.Status);
        Assert.Equal($"{rows.Length - 1}:PERMISSION_DENIED", atomic.Failures);
        Assert.Equal($"{rows.Length - 1}:PERMISSION_DENIED", lines.Failures);
        Assert.Equal(rows.Length - 1, lines.Counts.Succeeded);
        Assert.Equal("0", await service.TextAsync("SELECT count(*) FROM customer WHERE name = 'bad' OR (tenant = 'blue' AND customer_id <> 3)"));
        Assert.Equal("1", await service.TextAsync("SELECT count(*) FROM customer WHERE name = 'good'"));
        Assert.DoesNotContain("BLUE", atomic.Text + lines.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reader", """{ "entity": "customer", "action": "create", "store_params": { "tenant": "red" } }""", "/operations/0/entity")]
    [InlineData("mender", """{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "customer_id": 9, "name": "x" } }""", "/operations/0/store_params/customer_id")]
    [InlineData("creator", """{ "entity": "customer", "action": "create", "store_params": { "customer_id": 9, "tenant": "red" } }""", "/operations/0/store_params/customer_id")]
    [InlineData("creator", """{ "entity": "customer", "action": "create", "store_params": [ { "tenant": "red" }, { "customer_id": 9, "tenant": "red" } ] }""", "/operations/0/store_params/1/customer_id")]
    public async Task A_column_that_may_only_be_seen_is_not_written(string role, string operation, string place)
    {
        using var client = service.As(role);
        var before = await service.TextAsync(Everything);

        var answer = (await client.OneAsync(operation)).ExpectError(403, "PERMISSION_DENIED");

        Assert.Equal(place, answer.Pointer);
        Assert.Equal(before, await service.TextAsync(Everything));
    }

    [Theory]
    [InlineData("{ \"tenant\": \"red\", \"salary\": 1 }", "tenant,salary\nred,1", "COLUMN_UNKNOWN")]
    [InlineData("{ \"tenant\": \"red\", \"email\": \"e\" }", "tenant,email\nred,e", "COLUMN_UNKNOWN")]
    [InlineData("{ \"tenant\": \"red\", \"customer_id\": 9 }", "tenant,customer_id\nred,9", "PERMISSION_DENIED")]
    public async Task Columns_are_refused_in_every_kind_of_body(string json, string csv, string code)
    {
        using var client = service.As("creator");
        var before = await service.TextAsync(Everything);
        RowsAnswer[] answers =
        [
            await client.PostTextAsync("customer", $$"""{ "action": "create", "items": [ {{json}} ] }""", RowsClient.Json),
            await client.PostTextAsync("customer?action=create", json, RowsClient.Ndjson),
            await client.PostTextAsync("customer?action=create", csv, RowsClient.Csv),
        ];

        Assert.All(answers, answer => Assert.Equal(code, answer.Code));
        Assert.Equal(before, await service.TextAsync(Everything));
    }

    [Fact]
    public async Task A_row_needs_no_column_that_the_caller_may_not_write_unless_the_table_does()
    {
        using var client = service.As("mender", "creator");
        (await client.OneAsync("""{ "entity": "customer", "action": "create", "store_params": { "tenant": "red" } }""")).Expect(200);
        using var clerk = service.As("clerk");

        var answer = await clerk.PostTextAsync("invoice", """{ "action": "create", "items": [ { "customer_id": 1, "tenant": "red", "margin": 5 } ] }""", RowsClient.Json);

        Assert.Equal("COLUMN_UNKNOWN", answer.Code);
    }

    [Fact]
    public async Task Written_rows_come_back_with_the_columns_that_the_caller_sees()
    {
        using var client = service.As("clerk");
        var operations = await client.ManyAsync(
            """{ "entity": "customer", "action": "create", "store_params": { "tenant": "red", "secret": "S3CRET-N" } }""",
            """{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "secret": "S3CRET-M" } }""",
            """{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 2, "tenant": "red", "secret": "S3CRET-O" } }""",
            """{ "entity": "customer", "action": "delete", "query_params": { "customer_id": 4 } }""");
        var rows = await client.PostTextAsync("customer", """{ "action": "create", "items": [ { "tenant": "red", "secret": "S3CRET-P" } ] }""", RowsClient.Json);

        Assert.DoesNotContain("S3CRET", operations.Expect(200).Text + rows.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("salary", operations.Text + rows.Text, StringComparison.Ordinal);
        Assert.All(operations.Results, result => Assert.Equal(
            "customer_id tenant name email note $etag", string.Join(' ', result.GetProperty("data")[0].EnumerateObject().Select(member => member.Name))));
        Assert.Equal("S3CRET-M S3CRET-N S3CRET-O S3CRET-P", await service.TextAsync("SELECT secret FROM customer WHERE tenant = 'red' AND secret IS NOT NULL ORDER BY secret"));
    }

    [Fact]
    public async Task An_upsert_does_not_tell_whether_a_guess_at_a_hidden_value_was_right()
    {
        using var client = service.As("clerk");
        var right = await client.OneAsync("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 1, "tenant": "red", "secret": "S3CRET-1" } }""");
        var wrong = await client.OneAsync("""{ "entity": "customer", "action": "upsert", "store_params": { "customer_id": 1, "tenant": "red", "secret": "guess" } }""");

        Assert.Equal("updated", right.Expect(200).Result.GetProperty("outcome").GetString());
        Assert.Equal("updated", wrong.Expect(200).Result.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("""{ "tenant": "red", "secret": "S3CRET-3" }""", "UNIQUE_VIOLATION")]
    [InlineData("""{ "tenant": "red", "secret": "forbidden" }""", "CHECK_VIOLATION")]
    public async Task Error_texts_do_not_name_hidden_columns_or_their_constraints(string row, string code)
    {
        using var client = service.As("clerk");
        var operation = await client.OneAsync($$"""{ "entity": "customer", "action": "create", "store_params": {{row}} }""");
        var rows = await client.PostTextAsync("customer", $$"""{ "action": "create", "items": [ {{row}}, { "tenant": "red" } ], "options": { "atomic": false, "continueOnError": true } }""", RowsClient.Json);

        Assert.Equal(code, operation.Code);
        Assert.Equal($"0:{code}", rows.Failures);
        Assert.DoesNotContain("secret", operation.Text + rows.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CRET", operation.Text + rows.Text, StringComparison.Ordinal);
        Assert.Null(operation.Constraint);
    }

    [Fact]
    public async Task Error_texts_name_what_the_caller_sees()
    {
        using var client = service.As("clerk");
        var answer = await client.OneAsync("""{ "entity": "customer", "action": "create", "store_params": { "tenant": "red", "email": "ann@red" } }""");

        answer.ExpectError(409, "UNIQUE_VIOLATION");
        Assert.Equal("customer_email_key", answer.Constraint);
    }

    [Fact]
    public async Task A_hash_of_what_the_caller_sees_guards_its_updates()
    {
        using var client = service.As("clerk");
        var read = await client.OneAsync("""{ "entity": "customer", "action": "read", "query_params": { "customer_id": 1 } }""");
        var etag = read.Expect(200).Column("$etag");
        static string Update(string hash) => $$"""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "note": "{{hash}}" }, "metadata_params": { "if_match": "{{hash}}" } }""";

        (await client.OneAsync(Update(etag))).Expect(200);
        (await client.OneAsync(Update(etag))).ExpectError(412, "PRECONDITION_FAILED");
        var rows = await client.PostTextAsync("customer", $$"""{ "action": "update", "items": [ { "customer_id": 1, "note": "y", "$etag": "{{etag}}" } ] }""", RowsClient.Json);
        Assert.Equal("0:PRECONDITION_FAILED", rows.Failures);
    }

    [Fact]
    public async Task A_version_that_the_caller_may_not_see_keeps_it_from_writing()
    {
        using var client = service.As("clerk");
        var operation = await client.OneAsync("""{ "entity": "versioned", "action": "update", "query_params": { "versioned_id": 1, "version": 1 }, "store_params": { "name": "x" } }""");
        var rows = await client.PostTextAsync("versioned", """{ "action": "update", "items": [ { "versioned_id": 1, "name": "x" } ] }""", RowsClient.Json);

        Assert.DoesNotContain("'version'", operation.Text + rows.Text, StringComparison.Ordinal);
        Assert.Equal("v", await service.TextAsync("SELECT name FROM versioned"));
    }

    [Fact]
    public async Task A_dry_run_is_limited_like_a_real_one()
    {
        using var client = service.As("clerk");
        foreach (var kind in new[] { "static", "execute" })
        {
            var answer = await client.BatchAsync($$"""
                { "operations": [ { "entity": "customer", "action": "read", "metadata_params": { "sort": "salary" } },
                                  { "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "salary": 1 } } ],
                  "options": { "validateOnly": "{{kind}}" } }
                """);

            Assert.Equal("COLUMN_UNKNOWN", answer.Code);
        }

        var outside = await client.BatchAsync("""
            { "operations": [ { "entity": "customer", "action": "create", "store_params": { "tenant": "blue" } } ], "options": { "validateOnly": "execute" } }
            """);
        Assert.Equal("PERMISSION_DENIED", outside.Code);
    }
}
