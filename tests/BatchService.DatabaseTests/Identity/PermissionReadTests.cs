using BatchService.DatabaseTests.Entities;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Rows and columns that a role may not see do not come back by any way of reading.</summary>
public sealed class PermissionReadTests(IdentityFixture service) : IClassFixture<IdentityFixture>, IAsyncLifetime
{
    /// <summary>Values and names that no answer to a clerk of tenant red may hold.</summary>
    private static readonly string[] s_hidden = ["S3CRET", "BLUE", "blue", "salary", "secret", "111", "333", "987", "margin", "payroll", "555"];

    public Task InitializeAsync() => service.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Rows_and_columns_of_others_are_not_read()
    {
        var answer = await AskAsync("reader", """{ "entity": "customer", "action": "read" }""");

        Assert.Equal("1 2 4", answer.Column("customer_id"));
        Assert.Equal("customer_id tenant name email $etag", string.Join(' ', answer.Data[0].EnumerateObject().Select(member => member.Name)));
    }

    [Fact]
    public async Task An_auditor_sees_everything()
    {
        using var client = service.As("auditor");
        var answer = await client.OneAsync("""{ "entity": "customer", "action": "read" }""");

        Assert.Equal("1 2 3 4", answer.Expect(200).Column("customer_id"));
        Assert.Equal("S3CRET-3", answer.Data[2].GetProperty("secret").GetString());
    }

    [Fact]
    public async Task Several_roles_add_up()
    {
        using var client = service.As("reader", "auditor");
        var answer = await client.OneAsync("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "customer_id,salary" } }""");

        Assert.Equal("111 222 333 444", answer.Expect(200).Column("salary"));
    }

    [Fact]
    public async Task Rows_of_one_role_are_not_changed_by_the_action_of_another()
    {
        using var client = service.As("auditor", "mender");
        var own = await client.OneAsync("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "name": "Own" } }""");
        var other = await client.OneAsync("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 3 }, "store_params": { "name": "Taken" } }""");

        Assert.Equal("customer_id name $etag", string.Join(' ', own.Expect(200).Row.EnumerateObject().Select(member => member.Name)));
        other.ExpectError(404, "NOT_MODIFIED");
        Assert.Equal("Own Bob Cyd-BLUE Dee", await service.TextAsync("SELECT name FROM customer ORDER BY customer_id"));
    }

    [Theory]
    [InlineData("customer_id", "3", "0")]
    [InlineData("customer_id", "1", "1")]
    [InlineData("tenant", "\"blue\"", "0")]
    [InlineData("name", "\"like::*BLUE\"", "0")]
    [InlineData("customer_id", "\"gt::0\"", "3")]
    public async Task Rows_of_others_are_not_counted_or_asserted(string column, string value, string number)
    {
        using var client = service.As("reader");
        var count = await client.OneAsync($$"""{ "entity": "customer", "action": "read", "query_params": { "{{column}}": {{value}} }, "metadata_params": { "count": true } }""");
        var assert = await client.OneAsync($$"""{ "entity": "customer", "action": "assert", "query_params": { "{{column}}": {{value}} }, "metadata_params": { "expect": {{number}} } }""");

        Assert.Equal(number, count.Expect(200).Row.GetProperty("count").ToString());
        assert.Expect(200);
    }

    [Theory]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "secret": "S3CRET-1" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "salary": "gt::100" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "salary": "gt::100" }, "metadata_params": { "count": true } }""")]
    [InlineData("""{ "entity": "customer", "action": "assert", "query_params": { "secret": "like::S*" } }""")]
    [InlineData("""{ "entity": "customer", "action": "update", "query_params": { "secret": "S3CRET-1" }, "store_params": { "name": "x" } }""")]
    [InlineData("""{ "entity": "customer", "action": "delete", "query_params": { "salary": 444 } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "sort": "salary" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "sort": "name,secret:desc" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "secret" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "s.*" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "query_params": { "customer.secret": "S3CRET-1" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "query_params": { "customer.salary": "is-null::" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "metadata_params": { "sort": "customer.salary" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "metadata_params": { "properties": "customer:salary" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "invoices.margin": "gt::0" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "invoices:margin" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "payrolls.amount": "gt::0" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "payrolls:.*" } }""")]
    [InlineData("""{ "entity": "customer", "action": "upsert", "store_params": { "tenant": "red", "secret": "S3CRET-1" }, "metadata_params": { "on_conflict": { "columns": ["secret"] } } }""")]
    [InlineData("""{ "entity": "customer", "action": "create", "store_params": { "tenant": "red", "salary": 1 } }""")]
    [InlineData("""{ "entity": "customer", "action": "update", "query_params": { "customer_id": 1 }, "store_params": { "salary": 1 } }""")]
    public async Task What_a_caller_may_not_see_is_as_if_it_were_not_there(string operation)
    {
        using var client = service.As("clerk");
        var hidden = await client.OneAsync(operation);
        var absent = await client.OneAsync(operation
            .Replace("secret", "absent", StringComparison.Ordinal).Replace("salary", "absent", StringComparison.Ordinal)
            .Replace("margin", "absent", StringComparison.Ordinal).Replace("payrolls", "absent", StringComparison.Ordinal)
            .Replace("s.*", "absent", StringComparison.Ordinal));

        Assert.Equal("COLUMN_UNKNOWN", hidden.Code);
        Assert.Equal((absent.Status, absent.Code, absent.Error), (hidden.Status, hidden.Code, hidden.Error));
        Assert.DoesNotContain("S3CRET", hidden.Text, StringComparison.Ordinal);
        Assert.Equal("Ann Bob Cyd-BLUE Dee", await service.TextAsync("SELECT name FROM customer ORDER BY customer_id"));
    }

    [Theory]
    [InlineData("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": ".* invoices:.*" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "metadata_params": { "properties": ".* customer:.*" } }""")]
    [InlineData("""{ "entity": "invoice", "action": "read", "metadata_params": { "properties": "total", "sort": "customer.name" } }""")]
    [InlineData("""{ "entity": "customer", "action": "read", "query_params": { "invoices.total": "gt::0" } }""")]
    public async Task Relations_show_only_rows_and_columns_of_the_caller(string operation) => await AskAsync("clerk", operation);

    [Fact]
    public async Task Embedded_lists_have_the_callers_rows_and_columns()
    {
        var answer = await AskAsync("clerk", """{ "entity": "customer", "action": "read", "query_params": { "customer_id": 1 }, "metadata_params": { "properties": "name invoices:.*" } }""");

        var invoice = Assert.Single(answer.Row.GetProperty("invoices").EnumerateArray());
        Assert.Equal("invoice_id customer_id tenant total $etag", string.Join(' ', invoice.EnumerateObject().Select(member => member.Name)));
    }

    [Fact]
    public async Task Rows_are_not_sorted_by_related_rows_of_others()
    {
        await service.ExecuteAsync("INSERT INTO invoice (invoice_id, customer_id, tenant) VALUES (50, 3, 'red'), (51, 4, 'red')");

        var answer = await AskAsync("clerk", """{ "entity": "invoice", "action": "read", "metadata_params": { "properties": "invoice_id", "sort": "customer.name" } }""");

        Assert.Equal("1 4 51 50", answer.Column("invoice_id"));
    }

    [Theory]
    [InlineData("20", "0")]
    [InlineData("10", "1")]
    public async Task A_filter_by_relation_finds_nothing_by_rows_of_others(string total, string number)
    {
        using var client = service.As("clerk");
        var answer = await client.OneAsync($$"""{ "entity": "customer", "action": "read", "query_params": { "invoices.total": {{total}} }, "metadata_params": { "count": true } }""");

        Assert.Equal(number, answer.Expect(200).Row.GetProperty("count").ToString());
    }

    [Fact]
    public async Task A_relation_needs_the_scope_for_its_other_end()
    {
        using var client = service.With(TokenText.Of(("scope", "batch:read:customer"), ("tenant", "red"), ("roles", "reader")));
        var embedded = await client.OneAsync("""{ "entity": "customer", "action": "read", "metadata_params": { "properties": "invoices:.*" } }""");
        var filtered = await client.OneAsync("""{ "entity": "customer", "action": "read", "query_params": { "invoices.total": 10 } }""");

        embedded.ExpectError(422, "COLUMN_UNKNOWN");
        filtered.ExpectError(422, "COLUMN_UNKNOWN");
    }

    [Theory]
    [InlineData("$ref:c.secret", "read")]
    [InlineData("$ref:c.salary", "read")]
    [InlineData("$ref:c.0.secret", "read")]
    [InlineData("x ${ref:c.secret}", "read")]
    [InlineData("$ref:c.secret", "create")]
    [InlineData("$ref:c.salary", "update")]
    [InlineData("$ref:c.secret", "upsert")]
    [InlineData("$ref:c.secret", "delete")]
    public async Task A_reference_to_what_the_caller_may_not_see_is_a_path_that_can_never_be(string reference, string action)
    {
        using var client = service.As("clerk");
        var first = action switch
        {
            "read" => """ "query_params": { "customer_id": 1 } """,
            "update" => """ "query_params": { "customer_id": 1 }, "store_params": { "note": "x" } """,
            "delete" => """ "query_params": { "customer_id": 4 } """,
            "upsert" => """ "store_params": { "customer_id": 1, "tenant": "red", "secret": "S3CRET-9" } """,
            _ => """ "store_params": { "tenant": "red", "secret": "S3CRET-9" } """,
        };
        var answer = await client.ManyAsync(
            $$"""{ "id": "c", "entity": "customer", "action": "{{action}}", {{first}} }""",
            $$"""{ "entity": "plain", "action": "create", "store_params": { "name": "{{reference}}" } }""");

        answer.ExpectError(400, "REFERENCE_UNKNOWN");
        Assert.DoesNotContain("S3CRET-1", answer.Text, StringComparison.Ordinal);
        Assert.Equal("open", await service.TextAsync("SELECT name FROM plain"));
    }

    [Fact]
    public async Task A_missing_path_is_told_with_the_columns_that_the_caller_sees()
    {
        using var client = service.As("clerk");
        var answer = await client.ManyAsync(
            """{ "id": "c", "entity": "customer", "action": "read", "query_params": { "customer_id": 1 }, "metadata_params": { "limit": "${ref:l.limit}" } }""",
            """{ "id": "l", "entity": "plain", "action": "create", "store_params": { "name": "1" } }""",
            """{ "entity": "plain", "action": "create", "store_params": { "name": "$ref:c.0.secret" } }""");

        Assert.DoesNotContain("salary", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CRET", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hash_over_hidden_columns_is_not_given()
    {
        var before = await AskAsync("reader", """{ "entity": "customer", "action": "read", "query_params": { "customer_id": 1 } }""");
        await service.ExecuteAsync("UPDATE customer SET secret = 'other', salary = 9 WHERE customer_id = 1");
        var hidden = await AskAsync("reader", """{ "entity": "customer", "action": "read", "query_params": { "customer_id": 1 } }""");
        await service.ExecuteAsync("UPDATE customer SET name = 'other' WHERE customer_id = 1");
        var visible = await AskAsync("reader", """{ "entity": "customer", "action": "read", "query_params": { "customer_id": 1 } }""");

        Assert.Equal(before.Column("$etag"), hidden.Column("$etag"));
        Assert.NotEqual(before.Column("$etag"), visible.Column("$etag"));
    }

    [Fact]
    public async Task The_claims_decide_and_without_them_there_are_no_rows()
    {
        foreach (var (tenant, number) in new[] { ("\"red\"", 3), ("\"blue\"", 1), ("\"x' OR true --\"", 0), ("null", 0), ("{\"a\":1}", 0) })
        {
            var node = System.Text.Json.Nodes.JsonNode.Parse(tenant);
            using var client = service.With(TokenText.Of(("tenant", node), ("roles", "reader")));
            var answer = await client.OneAsync("""{ "entity": "customer", "action": "read" }""");

            Assert.Equal(number, answer.Expect(200).Data.Count);
        }
    }

    [Fact]
    public async Task Entities_that_the_caller_may_not_read_are_not_listed_and_not_found()
    {
        using var client = service.As("clerk");
        var list = await client.GetAnswerAsync("/entities");
        var names = string.Join(' ', list.Expect(200).Body.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()));

        Assert.Equal("claim_log customer invoice plain versioned", names);
        (await client.GetAnswerAsync("/entities/payroll")).Expect(404);
        (await client.GetAnswerAsync("/entities/sealed_box")).Expect(404);
        (await client.GetAnswerAsync("/entities/nothing")).Expect(404);
        using var scopeless = service.With(TokenText.Of(("scope", "batch:read:plain")));
        Assert.Equal(1, (await scopeless.GetAnswerAsync("/entities")).Body.GetProperty("entities").GetArrayLength());
        (await scopeless.GetAnswerAsync("/entities/versioned")).Expect(404);
    }

    [Fact]
    public async Task An_entity_is_described_as_the_caller_may_use_it()
    {
        using var client = service.As("reader");
        var answer = (await client.GetAnswerAsync("/entities/customer")).Expect(200);

        Assert.Equal(["customer_id", "tenant", "name", "email"], answer.Body.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString()));
        Assert.All(answer.Body.GetProperty("columns").EnumerateArray(), column => Assert.False(column.GetProperty("writable").GetBoolean()));
        Assert.Equal(["read", "assert"], answer.Body.GetProperty("actions").EnumerateArray().Select(action => action.GetString()));
        Assert.All(s_hidden.Where(word => word is not "blue"), word => Assert.DoesNotContain(word, answer.Text, StringComparison.Ordinal));

        using var clerk = service.As("clerk");
        var seen = (await clerk.GetAnswerAsync("/entities/customer")).Expect(200);
        var secret = seen.Body.GetProperty("columns").EnumerateArray().Single(column => column.GetProperty("name").GetString() == "secret");
        Assert.True(secret.GetProperty("writable").GetBoolean());
        Assert.False(secret.GetProperty("readable").GetBoolean());
        Assert.DoesNotContain("salary", seen.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("payroll", seen.Text, StringComparison.Ordinal);
    }

    private async Task<EntityAnswer> AskAsync(string role, string operation)
    {
        using var client = service.As(role);
        var answer = (await client.OneAsync(operation)).Expect(200);
        Assert.All(s_hidden, word => Assert.DoesNotContain($"\"{word}", answer.Text, StringComparison.Ordinal));
        Assert.All(s_hidden.Take(3), word => Assert.DoesNotContain(word, answer.Text, StringComparison.Ordinal));
        return answer;
    }
}
