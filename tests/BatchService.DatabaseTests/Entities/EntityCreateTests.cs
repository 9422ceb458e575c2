namespace BatchService.DatabaseTests.Entities;

/// <summary>What a create stores, and what is refused before the database is asked.</summary>
public sealed class EntityCreateTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    [Fact]
    public async Task Answers_with_the_row_as_stored_defaults_and_generated_columns_included()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "person", "action": "create", "store_params": {"email": "a@x", "name": "Ada", "balance": 1.005}}
            """);

        var row = answer.Expect(200).Row;
        Assert.Equal(201, answer.Result.GetProperty("statusCode").GetInt32());
        Assert.Equal("completed", answer.Result.GetProperty("status").GetString());
        Assert.Equal(1, answer.Result.GetProperty("affected").GetInt32());
        Assert.Equal("ADA", row.GetProperty("shout").GetString());
        Assert.Equal("1.01", row.GetProperty("balance").GetRawText());
        Assert.Equal("null", row.GetProperty("note").GetRawText());
        Assert.Equal(
            $"{row.GetProperty("person_id")},a@x,Ada,,1.01,,,ADA",
            await fixture.Database.RowsAsync("SELECT * FROM person WHERE email = 'a@x'"));
    }

    [Fact]
    public async Task A_row_without_any_column_takes_the_defaults_of_all()
    {
        var none = await fixture.Client.OneAsync("""{"entity": "log", "action": "create"}""");
        var empty = await fixture.Client.OneAsync("""{"entity": "log", "action": "create", "store_params": {}}""");
        var two = await fixture.Client.OneAsync("""{"entity": "log", "action": "create", "store_params": [{}, {}]}""");

        Assert.Equal("null", none.Expect(200).Row.GetProperty("line").GetRawText());
        empty.Expect(200);
        Assert.Equal(2, two.Expect(200).Data.Count);
        Assert.Equal("4", await fixture.Database.RowsAsync("SELECT count(*) FROM log WHERE line IS NULL"));
    }

    [Fact]
    public async Task An_array_of_rows_is_one_operation_whose_rows_may_have_different_columns()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "seat", "action": "create", "store_params": [
                {"hall": 9, "place": 2, "holder": "b"}, {"hall": 9, "place": 1, "colour": "blue"}, {"place": 3, "hall": 9}]}
            """);

        Assert.Equal(3, answer.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Equal("2 1 3", answer.Column("place"));
        Assert.Equal("red blue red", answer.Column("colour"));
        Assert.Equal("1,,blue 2,b,red 3,,red", await fixture.Database.RowsAsync("SELECT place, holder, colour FROM seat WHERE hall = 9 ORDER BY 1"));
    }

    [Fact]
    public async Task One_bad_row_of_an_array_leaves_none_of_them()
    {
        var answer = await fixture.Client.EachAsync(
            """{"entity": "seat", "action": "create", "store_params": [{"hall": 8, "place": 1}, {"hall": 8, "place": 1}]}""",
            """{"entity": "seat", "action": "create", "store_params": {"hall": 8, "place": 2}}""");

        answer.ExpectError(207, "UNIQUE_VIOLATION");
        Assert.Equal("2", await fixture.Database.RowsAsync("SELECT place FROM seat WHERE hall = 8"));
    }

    [Fact]
    public async Task Finds_everything_that_the_catalog_can_tell_at_once_and_asks_the_database_nothing()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "person", "action": "create", "store_params": {"email": "never@x", "name": "Never"}}""",
            """
            {"entity": "person", "action": "create", "store_params": {
                "name": "12345678901234567890X", "age": 40000, "balance": "ten", "town_id": 1.5, "nope": 1, "shout": "X", "person_id": null}}
            """,
            """{"entity": "ticket", "action": "create", "store_params": {"ticket_id": 5}}""",
            """{"entity": "person", "action": "create", "store_params": [{"name": "ok"}, {"name": null, "balance": 10000}, 5]}""",
            """{"entity": "nowhere", "action": "create", "store_params": {}}""",
            """{"entity": "person", "action": "create", "store_params": {"name": {"a": 1}, "balance": true, "age": "x1"}}""");

        Assert.Equal(
            [
                "VALUE_TOO_LONG /operations/1/store_params/name",
                "NUMERIC_OUT_OF_RANGE /operations/1/store_params/age",
                "TYPE_INVALID /operations/1/store_params/balance",
                "TYPE_INVALID /operations/1/store_params/town_id",
                "COLUMN_UNKNOWN /operations/1/store_params/nope",
                "VALIDATION_FAILED /operations/1/store_params/shout",
                "NOT_NULL_VIOLATION /operations/1/store_params/person_id",
                "VALIDATION_FAILED /operations/2/store_params/ticket_id",
                "NOT_NULL_VIOLATION /operations/2/store_params/title",
                "NOT_NULL_VIOLATION /operations/3/store_params/1/name",
                "NUMERIC_OUT_OF_RANGE /operations/3/store_params/1/balance",
                "TYPE_INVALID /operations/3/store_params/2",
                "ENTITY_UNKNOWN /operations/4/entity",
                "TYPE_INVALID /operations/5/store_params/name",
                "TYPE_INVALID /operations/5/store_params/balance",
                "TYPE_INVALID /operations/5/store_params/age",
            ],
            answer.Problems);
        Assert.Equal(422, answer.Status);
        Assert.Equal("not_executed", answer.Result.GetProperty("status").GetString());
        Assert.Equal("0", await fixture.Database.RowsAsync("SELECT count(*) FROM person WHERE email = 'never@x'"));
    }

    [Theory]
    [InlineData("""{"entity": "person", "action": "create", "store_params": []}""", "store_params", "FIELD_INVALID")]
    [InlineData("""{"entity": "person", "action": "create", "store_params": "x"}""", "store_params", "FIELD_INVALID")]
    [InlineData("""{"entity": "person", "action": "create", "store_params": {"name": "x"}, "query_params": {"name": "x"}}""", "query_params", "FIELD_INVALID")]
    [InlineData("""{"entity": "person", "action": "create", "store_params": {"name": "x"}, "metadata_params": {"limit": 1}}""", "metadata_params/limit", "FIELD_INVALID")]
    [InlineData("""{"entity": "person", "action": "read", "store_params": {"name": "x"}}""", "store_params", "FIELD_INVALID")]
    [InlineData("""{"entity": "person", "action": "delete", "query_params": {"name": "x"}, "store_params": {}}""", "store_params", "FIELD_INVALID")]
    [InlineData("""{"entity": "batch", "action": "create", "store_params": {}}""", "entity", "NESTED_BATCH")]
    public async Task Refuses_fields_that_do_not_belong_to_the_action(string operation, string field, string code)
    {
        var answer = await fixture.Client.OneAsync(operation);

        Assert.Equal([$"{code} /operations/0/{field}"], answer.Expect(400).Problems);
    }

    [Fact]
    public async Task Blanks_beyond_the_length_of_a_column_are_cut_as_the_database_would()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "town", "action": "create", "store_params": {"town_id": 50, "name": "1234567890   "}}""");

        Assert.Equal("1234567890", answer.Expect(200).Row.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Return_minimal_leaves_out_the_data_and_writes_all_the_same()
    {
        var answer = await fixture.Client.BatchAsync("""
            {"operations": [{"entity": "town", "action": "create", "store_params": {"town_id": 51, "name": "Hof"}},
                            {"entity": "town", "action": "read", "query_params": {"town_id": 51}}],
             "options": {"return": "minimal"}}
            """);

        Assert.False(answer.Expect(200).Result.TryGetProperty("data", out _));
        Assert.Equal(1, answer.Result.GetProperty("affected").GetInt32());
        Assert.Equal("Hof", answer.DataOf(1)[0].GetProperty("name").GetString());
    }
}
