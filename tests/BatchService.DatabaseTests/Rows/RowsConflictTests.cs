using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Upserts: by which key a row is known, and what happens to one that exists.</summary>
public sealed class RowsConflictTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("INSERT INTO item (code, quantity, note) VALUES ('a', 1, 'old')");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Tells_created_updated_and_unchanged_apart()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item",
            "upsert",
            [new { code = "a", quantity = 2 }, new { code = "b", quantity = 3 }, new { code = "a", quantity = 2 }],
            new { on_conflict = new { columns = new[] { "code" } } });

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["updated", "created", "unchanged"], answer.Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal(["a/2/old", "b/3/none"], await StoredAsync());
    }

    [Fact]
    public async Task Goes_by_the_primary_key_when_nothing_else_is_said()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "upsert", [new { item_id = 1, code = "a", quantity = 8 }, new { item_id = 50, code = "z" }]);

        Assert.Equal(["updated", "created"], answer.Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal(["a/8/old", "z/1/none"], await StoredAsync());
    }

    [Fact]
    public async Task Leaves_an_existing_row_alone_when_told_to_ignore()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item",
            "upsert",
            [new { code = "a", quantity = 9 }, new { code = "b" }],
            new { on_conflict = new { columns = new[] { "code" }, action = "ignore" } });

        Assert.Equal(["unchanged", "created"], answer.Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal("old", answer.Results[0].GetProperty("data").GetProperty("note").GetString());
        Assert.Equal(["a/1/old", "b/1/none"], await StoredAsync());
    }

    [Theory]
    [InlineData("merge", "a/9/old")]
    [InlineData("ignore", "a/1/old")]
    public async Task Takes_the_key_and_the_action_of_a_stream_from_the_query_string(string action, string expected)
    {
        var answer = await fixture.Client.PostTextAsync(
            $"item?action=upsert&on_conflict=code&on_conflict_action={action}", "code,quantity\na,9\n", RowsClient.Csv);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([expected], await StoredAsync());
    }

    [Fact]
    public async Task Keeps_the_order_of_rows_with_the_same_key_and_different_columns()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item",
            "upsert",
            [new { code = "n", quantity = 1 }, new { code = "n", note = "x" }, new { code = "n", quantity = 5 }, new { code = "n", note = (string?)null }],
            new { on_conflict = new { columns = new[] { "code" } } });

        Assert.Equal(["created", "updated", "updated", "updated"], answer.Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal(["a/1/old", "n/5/"], await StoredAsync());
    }

    [Fact]
    public async Task Finds_the_bad_rows_of_an_upsert_and_keeps_the_others()
    {
        var items = Enumerable.Range(0, 300).Select(index => (object)new { code = index == 0 ? "a" : $"u{index}", quantity = index % 100 == 50 ? -1 : index });

        var answer = await fixture.Client.PostRowsAsync(
            "item", "upsert", items, new { atomic = false, continueOnError = true, on_conflict = new { columns = new[] { "code" } } });

        Assert.Equal("50:CHECK_VIOLATION 150:CHECK_VIOLATION 250:CHECK_VIOLATION", answer.Failures);
        Assert.Equal("updated", answer.Results[0].GetProperty("outcome").GetString());
        Assert.Equal("created", answer.Results[299].GetProperty("outcome").GetString());
        Assert.Equal(297, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Fails_an_upsert_that_meets_another_unique_key_than_its_own()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "upsert", [new { item_id = 7, code = "a" }, new { item_id = 8, code = "b" }], RowsClient.BestEffort);

        Assert.Equal("0:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal(["a/1/old", "b/1/none"], await StoredAsync());
    }

    [Theory]
    [InlineData("""{"columns":["quantity"]}""", "FIELD_INVALID")]
    [InlineData("""{"columns":["colour"]}""", "COLUMN_UNKNOWN")]
    [InlineData("""{"columns":[]}""", "FIELD_INVALID")]
    [InlineData("""{"columns":"code"}""", "FIELD_INVALID")]
    [InlineData("""{"keys":["code"]}""", "FIELD_UNKNOWN")]
    [InlineData("""{"action":"replace"}""", "FIELD_INVALID")]
    [InlineData("""["code"]""", "FIELD_INVALID")]
    public async Task Refuses_an_on_conflict_that_it_cannot_follow(string conflict, string code)
    {
        var answer = await fixture.Client.PostTextAsync(
            "item", $$"""{"action":"upsert","items":[{"code":"b"}],"options":{"on_conflict": {{conflict}} } }""", RowsClient.Json);

        Assert.True(answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity, answer.Text);
        Assert.Equal(code, answer.Code);
        Assert.StartsWith("/options/on_conflict", answer.Root.GetProperty("errors")[0].GetProperty("pointer").GetString(), StringComparison.Ordinal);
        Assert.Equal(["a/1/old"], await StoredAsync());
    }

    [Fact]
    public async Task Refuses_on_conflict_for_anything_but_an_upsert()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", [new { code = "b" }], new { on_conflict = new { columns = new[] { "code" } } });

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("FIELD_INVALID", answer.Code);
        Assert.Equal(["a/1/old"], await StoredAsync());
    }

    private Task<IReadOnlyList<string>> StoredAsync() => fixture.ListAsync("SELECT concat_ws('/', code, quantity, coalesce(note, '')) FROM item ORDER BY code");
}
