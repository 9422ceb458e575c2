namespace BatchService.DatabaseTests.Entities;

/// <summary>Update, delete and assert: which rows they mean, how many they may be, and what happens otherwise.</summary>
public sealed class EntityChangeTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    /// <summary>Five seats in a hall that only this test uses.</summary>
    private async Task<int> FillHallAsync(int hall)
    {
        await fixture.Database.ExecuteAsync(
            $"INSERT INTO seat SELECT {hall}, n, CASE WHEN n % 2 = 0 THEN 'even' END FROM generate_series(1, 5) AS n");
        return hall;
    }

    private Task<string> HallAsync(int hall) =>
        fixture.Database.RowsAsync($"SELECT place, holder FROM seat WHERE hall = {hall} ORDER BY 1");

    private Task<EntityAnswer> ChangeAsync(string action, int hall, string metadata, string query = "") => fixture.Client.OneAsync($$"""
        {"entity": "seat", "action": "{{action}}", "query_params": {"hall": {{hall}} {{query}} }, "metadata_params": {{metadata}}
         {{(action == "update" ? """, "store_params": {"holder": "new"}""" : "")}} }
        """);

    [Fact]
    public async Task An_update_answers_with_every_row_as_stored()
    {
        var hall = await FillHallAsync(1);

        var answer = await ChangeAsync("update", hall, "{}", """, "place": "le::2" """);

        Assert.Equal(2, answer.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Equal(200, answer.Result.GetProperty("statusCode").GetInt32());
        Assert.Equal("new new", answer.Column("holder"));
        Assert.Equal("red red", answer.Column("colour"));
        Assert.Equal("1,new 2,new 3, 4,even 5,", await HallAsync(hall));
    }

    [Fact]
    public async Task A_delete_answers_with_every_row_as_it_was()
    {
        var hall = await FillHallAsync(2);

        var answer = await ChangeAsync("delete", hall, "{}", """, "holder": "even" """);

        Assert.Equal("even even", answer.Expect(200).Column("holder"));
        Assert.Equal("1, 3, 5,", await HallAsync(hall));
    }

    [Theory]
    [InlineData("""{"entity": "seat", "action": "update", "store_params": {"holder": "all"}}""")]
    [InlineData("""{"entity": "seat", "action": "update", "store_params": {"holder": "all"}, "query_params": {}}""")]
    [InlineData("""{"entity": "seat", "action": "update", "store_params": {"holder": "all"}, "query_params": null}""")]
    [InlineData("""{"entity": "seat", "action": "delete"}""")]
    [InlineData("""{"entity": "seat", "action": "delete", "query_params": {}, "metadata_params": {"max_affected": 99}}""")]
    public async Task Without_a_filter_nothing_is_changed(string operation)
    {
        await FillHallAsync(-operation.Length);

        var answer = await fixture.Client.OneAsync(operation);

        Assert.Equal("/operations/0/query_params", answer.ExpectError(400, "FILTER_REQUIRED").Pointer);
        Assert.Equal("0", await fixture.Database.RowsAsync("SELECT count(*) FROM seat WHERE holder = 'all'"));
        Assert.Equal("5", await fixture.Database.RowsAsync($"SELECT count(*) FROM seat WHERE hall = {-operation.Length}"));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task More_rows_than_allowed_are_not_touched_at_all(string action)
    {
        var hall = await FillHallAsync(action.Length);
        var before = await HallAsync(hall);

        var refused = await ChangeAsync(action, hall, """{"max_affected": 4}""");
        var none = await ChangeAsync(action, hall, """{"max_affected": 0}""");

        Assert.Equal("/operations/0/query_params", refused.ExpectError(400, "MAX_AFFECTED_EXCEEDED").Pointer);
        none.ExpectError(400, "MAX_AFFECTED_EXCEEDED");
        Assert.Equal(before, await HallAsync(hall));
        (await ChangeAsync(action, hall, """{"max_affected": 5}""")).Expect(200);
        await fixture.Database.ExecuteAsync($"DELETE FROM seat WHERE hall = {hall}");
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task No_row_is_not_modified_unless_that_was_expected(string action)
    {
        var refused = await ChangeAsync(action, 4711, "{}");
        var zero = await ChangeAsync(action, 4711, """{"expect_affected": 0}""");
        var any = await ChangeAsync(action, 4711, """{"expect_affected": "any"}""");
        var one = await ChangeAsync(action, 4711, """{"expect_affected": 1}""");

        Assert.Equal("No records were modified", refused.ExpectError(404, "NOT_MODIFIED").Error);
        Assert.Equal(0, zero.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Empty(zero.Data);
        Assert.Empty(any.Expect(200).Data);
        one.ExpectError(412, "PRECONDITION_FAILED");
    }

    [Theory]
    [InlineData("update", 2)]
    [InlineData("delete", 2)]
    [InlineData("update", 0)]
    [InlineData("delete", 0)]
    public async Task Another_number_of_rows_than_expected_changes_none(string action, int expected)
    {
        var hall = await FillHallAsync(100 + action[0] + expected);
        var before = await HallAsync(hall);

        var atomic = await ChangeAsync(action, hall, $$"""{"expect_affected": {{expected}} }""");
        var each = await fixture.Client.EachAsync(
            $$"""
            {"entity": "seat", "action": "{{action}}", "query_params": {"hall": {{hall}} }, "metadata_params": {"expect_affected": {{expected}} }
             {{(action == "update" ? """, "store_params": {"holder": "new"}""" : "")}} }
            """,
            $$"""{"entity": "log", "action": "create", "store_params": {"line": "{{action}}{{expected}}"} }""");

        atomic.ExpectError(412, "PRECONDITION_FAILED");
        each.ExpectError(207, "PRECONDITION_FAILED");
        Assert.Equal(before, await HallAsync(hall));
        Assert.Equal("1", await fixture.Database.RowsAsync($"SELECT count(*) FROM log WHERE line = '{action}{expected}'"));
        (await ChangeAsync(action, hall, """{"expect_affected": 5}""")).Expect(200);
    }

    [Theory]
    [InlineData("""{"expect_affected": -1}""", "expect_affected")]
    [InlineData("""{"expect_affected": "some"}""", "expect_affected")]
    [InlineData("""{"expect_affected": 1.5}""", "expect_affected")]
    [InlineData("""{"max_affected": -1}""", "max_affected")]
    [InlineData("""{"max_affected": "any"}""", "max_affected")]
    [InlineData("""{"if_match": 5}""", "if_match")]
    [InlineData("""{"if_match": [5]}""", "if_match")]
    public async Task Refuses_expectations_that_cannot_be_met(string metadata, string field)
    {
        var answer = await ChangeAsync("delete", 1, metadata);

        Assert.Equal($"/operations/0/metadata_params/{field}", answer.ExpectError(400, "FIELD_INVALID").Pointer);
    }

    [Fact]
    public async Task An_update_checks_its_values_before_the_database_all_at_once()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "person", "action": "update", "query_params": {"person_id": 1, "nope": 2}, "store_params": {
                "name": null, "age": 40000, "shout": "X", "other": 1, "note": 5, "balance": 12345.6}}
            """);

        Assert.Equal(
            [
                "COLUMN_UNKNOWN /operations/0/query_params/nope", "NOT_NULL_VIOLATION /operations/0/store_params/name",
                "NUMERIC_OUT_OF_RANGE /operations/0/store_params/age", "VALIDATION_FAILED /operations/0/store_params/shout",
                "COLUMN_UNKNOWN /operations/0/store_params/other", "TYPE_INVALID /operations/0/store_params/note",
                "NUMERIC_OUT_OF_RANGE /operations/0/store_params/balance",
            ],
            answer.Expect(422).Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""", "store_params": {}""")]
    [InlineData(""", "store_params": null""")]
    public async Task An_update_without_values_is_refused(string store)
    {
        var answer = await fixture.Client.OneAsync($$"""{"entity": "seat", "action": "update", "query_params": {"hall": 1} {{store}} }""");

        Assert.Equal("/operations/0/store_params", answer.ExpectError(400, "FIELD_MISSING").Pointer);
    }

    [Theory]
    [InlineData("""{}""", 200)]
    [InlineData("""{"expect": 5}""", 200)]
    [InlineData("""{"expect": 4}""", 412)]
    [InlineData("""{"expect": 6}""", 412)]
    [InlineData("""{"expect": 0}""", 412)]
    [InlineData("""{"__expect": 5}""", 200)]
    public async Task An_assert_holds_the_number_of_rows_against_the_expected_one(string metadata, int status)
    {
        var hall = await FillHallAsync(1000 + status + (metadata.Length * 10) + metadata[^2]);

        var answer = await fixture.Client.ManyAsync(
            $$"""{"entity": "log", "action": "create", "store_params": {"line": "assert {{hall}}"} }""",
            $$"""{"entity": "seat", "action": "assert", "query_params": {"hall": {{hall}} }, "metadata_params": {{metadata}} }""");

        answer.Expect(status);
        if (status == 412)
            Assert.Equal("/operations/1/query_params", answer.ExpectError(412, "ASSERTION_FAILED").Pointer);
        Assert.Equal(status == 200 ? "1" : "0", await fixture.Database.RowsAsync($"SELECT count(*) FROM log WHERE line = 'assert {hall}'"));
    }

    [Fact]
    public async Task An_assert_that_expects_rows_fails_without_and_one_that_expects_none_holds()
    {
        var some = await fixture.Client.OneAsync("""{"entity": "seat", "action": "assert", "query_params": {"hall": 4711}}""");
        var none = await fixture.Client.OneAsync(
            """{"entity": "seat", "action": "assert", "query_params": {"hall": 4711}, "metadata_params": {"expect": 0}}""");

        some.ExpectError(412, "ASSERTION_FAILED");
        none.Expect(200);
    }
}
