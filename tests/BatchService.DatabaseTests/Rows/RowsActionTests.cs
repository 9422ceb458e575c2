using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>What create, upsert, update and delete do with rows of one entity.</summary>
public sealed class RowsActionTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Answers_a_create_with_every_row_as_stored_in_request_order()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", [new { code = "a", price = 1.5 }, new { code = "b", quantity = 7 }]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((2, 2, 0, 0), answer.Counts);
        Assert.True(answer.Root.GetProperty("success").GetBoolean());
        Assert.True(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(100, answer.Root.GetProperty("successRate").GetDouble());
        Assert.Equal(("2", "0"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.False(answer.Root.TryGetProperty("errors", out _));
        var first = answer.Results[0].GetProperty("data");
        Assert.Equal(1, first.GetProperty("item_id").GetInt32());
        Assert.Equal("1.50", first.GetProperty("price").GetRawText());
        Assert.Equal("unnamed", first.GetProperty("name").GetString());
        Assert.NotEmpty(first.GetProperty("$etag").GetString()!);
        Assert.Equal(7, answer.Results[1].GetProperty("data").GetProperty("quantity").GetInt32());
        Assert.Equal(["a", "b"], await fixture.ListAsync("SELECT code FROM item ORDER BY item_id"));
    }

    [Fact]
    public async Task Keeps_defaults_apart_from_nulls_where_rows_have_different_columns()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", [new { code = "default" }, new { code = "null", note = (string?)null }, new { code = "value", note = "mine", quantity = 3 }]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["none", "null", "mine"], await fixture.ListAsync("SELECT note FROM item ORDER BY item_id"));
        Assert.Equal(["1", "1", "3"], await fixture.ListAsync("SELECT quantity FROM item ORDER BY item_id"));
    }

    [Fact]
    public async Task Updates_only_the_columns_that_each_row_gives()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code, quantity, note) VALUES ('a', 1, 'x'), ('b', 2, 'y'), ('c', 3, 'z')");

        var answer = await fixture.Client.PostRowsAsync(
            "item", "update", [new { item_id = 1, quantity = 10 }, new { item_id = 2, note = (string?)null }, new { item_id = 3, note = "new", quantity = 30 }]);

        Assert.Equal("completed completed completed", answer.Statuses);
        Assert.Equal(["10/x", "2/", "30/new"], await fixture.ListAsync("SELECT concat(quantity, '/', note) FROM item ORDER BY item_id"));
        Assert.Equal(30, answer.Results[2].GetProperty("data").GetProperty("quantity").GetInt32());
    }

    [Fact]
    public async Task Deletes_the_rows_and_answers_with_what_they_were()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a'), ('b'), ('c')");

        var answer = await fixture.Client.PostRowsAsync("item", "delete", [new { item_id = 3 }, new { item_id = 1 }]);

        Assert.Equal("completed completed", answer.Statuses);
        Assert.Equal(["c", "a"], answer.Results.Select(result => result.GetProperty("data").GetProperty("code").GetString()));
        Assert.Equal(["b"], await fixture.ListAsync("SELECT code FROM item"));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task Fails_the_index_of_a_row_that_does_not_exist_as_not_modified(string action)
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a'), ('b')");
        object[] items = action == "update"
            ? [new { item_id = 1, quantity = 5 }, new { item_id = 77, quantity = 5 }, new { item_id = 2, quantity = 5 }]
            : [new { item_id = 1 }, new { item_id = 77 }, new { item_id = 2 }];

        var answer = await fixture.Client.PostRowsAsync("item", action, items, RowsClient.BestEffort);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal("1:NOT_MODIFIED", answer.Failures);
        Assert.Equal("No records were modified", answer.Root.GetProperty("errors").GetProperty("1").GetString());
        Assert.Equal(404, answer.Results[1].GetProperty("statusCode").GetInt32());
        Assert.Equal(0, await fixture.CountAsync("item WHERE quantity = 1"));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task Refuses_to_touch_a_row_that_changed_since_its_etag_was_read(string action)
    {
        var created = await fixture.Client.PostRowsAsync("item", "create", [new { code = "a" }, new { code = "b" }]);
        var etags = created.Results.Select(result => result.GetProperty("data").GetProperty("$etag").GetString()!).ToList();
        await fixture.ExecuteAsync("UPDATE item SET quantity = 9 WHERE code = 'a'");
        object Row(int id, string etag) => action == "update"
            ? new Dictionary<string, object> { ["item_id"] = id, ["$etag"] = etag, ["note"] = "touched" }
            : new Dictionary<string, object> { ["item_id"] = id, ["$etag"] = etag };

        var answer = await fixture.Client.PostRowsAsync("item", action, [Row(1, etags[0]), Row(2, etags[1])], RowsClient.BestEffort);

        Assert.Equal("0:PRECONDITION_FAILED", answer.Failures);
        Assert.Equal(412, answer.Results[0].GetProperty("statusCode").GetInt32());
        Assert.Equal("completed", answer.Results[1].GetProperty("status").GetString());
        Assert.Equal(1, await fixture.CountAsync("item WHERE code = 'a' AND note = 'none'"));
        Assert.Equal(0, await fixture.CountAsync("item WHERE code = 'b' AND note = 'none'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Applies_the_same_key_twice_one_after_the_other(bool atomic)
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a')");

        var answer = await fixture.Client.PostRowsAsync(
            "item",
            "update",
            [new { item_id = 1, quantity = 10 }, new { item_id = 1, note = "second" }, new { item_id = 1, quantity = 30 }],
            new { atomic, continueOnError = true });

        Assert.Equal("completed completed completed", answer.Statuses);
        Assert.Equal([10, 10, 30], answer.Results.Select(result => result.GetProperty("data").GetProperty("quantity").GetInt32()));
        Assert.Equal(["30/second"], await fixture.ListAsync("SELECT concat(quantity, '/', note) FROM item"));
    }

    [Fact]
    public async Task Fails_the_second_delete_of_the_same_row()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a')");

        var answer = await fixture.Client.PostRowsAsync("item", "delete", [new { item_id = 1 }, new { item_id = 1 }], RowsClient.BestEffort);

        Assert.Equal("1:NOT_MODIFIED", answer.Failures);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Blames_the_second_of_two_new_rows_with_the_same_key()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", [new { code = "a" }, new { code = "b" }, new { code = "a" }, new { code = "c" }], RowsClient.BestEffort);

        Assert.Equal("2:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal("item_code_key", answer.Results[2].GetProperty("constraint").GetString());
        Assert.Equal("/items/2/code", answer.Results[2].GetProperty("pointer").GetString());
        Assert.Equal(["a", "b", "c"], await fixture.ListAsync("SELECT code FROM item ORDER BY code"));
    }

    [Fact]
    public async Task Finds_every_wrong_column_of_every_row_before_the_database_is_asked()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item",
            "create",
            [new { code = "ok" }, new { code = 5, colour = "red" }, new { name = new string('x', 21), quantity = 3_000_000_000 }, new { code = "p", price = 123456789.5 }]);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("application/problem+json", answer.MediaType);
        Assert.Equal("not_executed failed failed failed", answer.Statuses);
        Assert.Equal(
            [
                "1 /items/1/code TYPE_INVALID", "1 /items/1/colour COLUMN_UNKNOWN", "2 /items/2/name VALUE_TOO_LONG",
                "2 /items/2/quantity NUMERIC_OUT_OF_RANGE", "2 /items/2/code NOT_NULL_VIOLATION", "3 /items/3/price NUMERIC_OUT_OF_RANGE",
            ],
            answer.Root.GetProperty("problems").EnumerateArray().Select(problem =>
                $"{problem.GetProperty("index")} {problem.GetProperty("pointer").GetString()} {problem.GetProperty("code").GetString()}"));
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Names_no_rejected_value_in_any_error()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", [new { code = "secret-1", due = "secret-2" }, new { code = "secret-3", region_id = 424242 }], RowsClient.BestEffort);

        Assert.Equal("0:TYPE_INVALID 1:FOREIGN_KEY_VIOLATION", answer.Failures);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("424242", answer.Text, StringComparison.Ordinal);
    }
}
