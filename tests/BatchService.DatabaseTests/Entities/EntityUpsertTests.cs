namespace BatchService.DatabaseTests.Entities;

/// <summary>What an upsert does with rows that exist and rows that do not, by which key, and how it tells.</summary>
public sealed class EntityUpsertTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    private Task<EntityAnswer> UpsertAsync(string entity, string store, string? onConflict = null) => fixture.Client.OneAsync($$"""
        {"entity": "{{entity}}", "action": "upsert", "store_params": {{store}}
         {{(onConflict is null ? "" : $$""", "metadata_params": {"on_conflict": {{onConflict}} }""")}} }
        """);

    private static string Outcomes(EntityAnswer answer) => answer.Result.TryGetProperty("outcome", out var one)
        ? one.GetString()!
        : string.Join(' ', answer.Result.GetProperty("outcomes").EnumerateArray().Select(outcome => outcome.GetString()));

    [Fact]
    public async Task Creates_then_updates_then_leaves_unchanged()
    {
        var created = await UpsertAsync("seat", """{"hall": 1, "place": 1, "holder": "a"}""");
        var updated = await UpsertAsync("seat", """{"hall": 1, "place": 1, "holder": "b"}""");
        var unchanged = await UpsertAsync("seat", """{"hall": 1, "place": 1, "holder": "b"}""");

        Assert.Equal("created", Outcomes(created.Expect(200)));
        Assert.Equal(201, created.Result.GetProperty("statusCode").GetInt32());
        Assert.Equal("updated", Outcomes(updated.Expect(200)));
        Assert.Equal(200, updated.Result.GetProperty("statusCode").GetInt32());
        Assert.Equal("unchanged", Outcomes(unchanged.Expect(200)));
        Assert.Equal(1, updated.Result.GetProperty("affected").GetInt32());
        Assert.Equal(0, unchanged.Result.GetProperty("affected").GetInt32());
        Assert.Equal("b", unchanged.Row.GetProperty("holder").GetString());
        Assert.Equal("1,1,b,red", await fixture.Database.RowsAsync("SELECT * FROM seat WHERE hall = 1"));
    }

    [Fact]
    public async Task A_merge_leaves_the_columns_alone_that_the_row_does_not_name()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO seat VALUES (2, 1, 'a', 'blue')");

        var answer = await UpsertAsync("seat", """{"hall": 2, "place": 1, "holder": null}""");

        Assert.Equal("updated", Outcomes(answer.Expect(200)));
        Assert.Equal("blue", answer.Row.GetProperty("colour").GetString());
        Assert.Equal("2,1,,blue", await fixture.Database.RowsAsync("SELECT * FROM seat WHERE hall = 2"));
    }

    [Fact]
    public async Task Ignore_keeps_the_row_that_exists_and_shows_it()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO seat VALUES (3, 1, 'a', 'blue')");

        var answer = await UpsertAsync("seat", """[{"hall": 3, "place": 1, "holder": "b"}, {"hall": 3, "place": 2, "holder": "c"}]""", """{"action": "ignore"}""");

        Assert.Equal("unchanged created", Outcomes(answer.Expect(200)));
        Assert.Equal("a c", answer.Column("holder"));
        Assert.Equal("1,a 2,c", await fixture.Database.RowsAsync("SELECT place, holder FROM seat WHERE hall = 3 ORDER BY 1"));
    }

    [Fact]
    public async Task Meets_an_existing_row_by_another_unique_key()
    {
        var first = await UpsertAsync("person", """{"email": "k@x", "name": "Kay", "age": 30}""", """{"columns": ["email"]}""");
        var second = await UpsertAsync("person", """{"email": "k@x", "name": "Kim"}""", """{"columns": ["email"], "action": "merge"}""");

        Assert.Equal("created", Outcomes(first.Expect(200)));
        Assert.Equal("updated", Outcomes(second.Expect(200)));
        Assert.Equal(first.Row.GetProperty("person_id").GetInt32(), second.Row.GetProperty("person_id").GetInt32());
        Assert.Equal("Kim,30,KIM", await fixture.Database.RowsAsync("SELECT name, age, shout FROM person WHERE email = 'k@x'"));
    }

    [Fact]
    public async Task An_array_may_mix_rows_that_exist_and_rows_that_do_not_and_name_different_columns()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO seat VALUES (4, 1, 'a', 'blue'), (4, 2, 'b', 'blue'), (4, 3, 'c', 'blue')");

        var answer = await UpsertAsync("seat", """
            [{"hall": 4, "place": 1, "holder": "A"}, {"hall": 4, "place": 2, "colour": "green"}, {"hall": 4, "place": 3},
             {"hall": 4, "place": 4, "holder": "d"}, {"hall": 4, "place": 5, "colour": "green"}]
            """);

        Assert.Equal("updated updated unchanged created created", Outcomes(answer.Expect(200)));
        Assert.Equal(4, answer.Result.GetProperty("affected").GetInt32());
        Assert.Equal(
            "1,A,blue 2,b,green 3,c,blue 4,d,red 5,,green",
            await fixture.Database.RowsAsync("SELECT place, holder, colour FROM seat WHERE hall = 4 ORDER BY 1"));
    }

    [Fact]
    public async Task Rows_without_their_key_are_created_but_not_beside_rows_that_have_one()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO person (person_id, name) VALUES (7, 'Old')");

        var mixed = await UpsertAsync("person", """[{"person_id": 7, "name": "New"}, {"name": "Keyless"}]""");
        var keyless = await UpsertAsync("person", """[{"name": "Keyless"}, {"name": "Keyless"}]""");

        Assert.Equal(["VALIDATION_FAILED /operations/0/store_params/1"], mixed.Expect(422).Problems);
        Assert.Equal("Old", await fixture.Database.RowsAsync("SELECT name FROM person WHERE person_id = 7"));
        Assert.Equal("created created", Outcomes(keyless.Expect(200)));
        Assert.Equal("2", await fixture.Database.RowsAsync("SELECT count(*) FROM person WHERE name = 'Keyless' AND person_id >= 100"));
    }

    [Fact]
    public async Task A_row_whose_unique_key_is_null_meets_none()
    {
        var answer = await UpsertAsync("person", """[{"email": null, "name": "N1"}, {"email": null, "name": "N2"}]""", """{"columns": ["email"]}""");

        Assert.Equal("created created", Outcomes(answer.Expect(200)));
        Assert.Equal("2", await fixture.Database.RowsAsync("SELECT count(*) FROM person WHERE name IN ('N1', 'N2') AND email IS NULL"));
    }

    [Fact]
    public async Task The_same_key_twice_in_one_operation_is_refused_and_in_two_operations_is_not()
    {
        var array = await UpsertAsync("seat", """[{"hall": 5, "place": 1, "holder": "a"}, {"hall": 5, "place": 1, "holder": "b"}]""");
        var apart = await fixture.Client.ManyAsync(
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 6, "place": 1, "holder": "a"}}""",
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 6, "place": 1, "holder": "b"}}""");

        array.ExpectError(409, "DUPLICATE_IN_BATCH");
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT * FROM seat WHERE hall = 5"));
        Assert.Equal(["created", "updated"], apart.Expect(200).Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal("b", await fixture.Database.RowsAsync("SELECT holder FROM seat WHERE hall = 6"));
    }

    [Fact]
    public async Task Neighbouring_upserts_of_different_columns_are_told_each_for_itself()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO seat VALUES (10, 1, 'a', 'blue')");

        var answer = await fixture.Client.ManyAsync(
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 10, "place": 1, "holder": "a"}}""",
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 10, "place": 2}}""",
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 10, "place": 1, "colour": "red"}}""",
            """{"entity": "seat", "action": "upsert", "store_params": {"hall": 10, "place": 2}}""");

        Assert.Equal(["unchanged", "created", "updated", "unchanged"], answer.Expect(200).Results.Select(result => result.GetProperty("outcome").GetString()));
        Assert.Equal("1,a,red 2,,red", await fixture.Database.RowsAsync("SELECT place, holder, colour FROM seat WHERE hall = 10 ORDER BY 1"));
    }

    [Fact]
    public async Task Another_unique_key_than_the_named_one_still_refuses()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO person (person_id, name, email) VALUES (8, 'Eve', 'eve@x')");

        var answer = await UpsertAsync("person", """{"person_id": 9, "name": "Eva", "email": "eve@x"}""");

        Assert.Equal("person_email_key", answer.ExpectError(409, "UNIQUE_VIOLATION").Constraint);
        Assert.Equal("/operations/0/store_params/email", answer.Pointer);
    }

    [Theory]
    [InlineData("""{"columns": ["name"]}""", 400, "FIELD_INVALID", "")]
    [InlineData("""{"columns": ["email", "name"]}""", 400, "FIELD_INVALID", "")]
    [InlineData("""{"columns": ["nope"]}""", 422, "COLUMN_UNKNOWN", "")]
    [InlineData("""{"columns": []}""", 400, "FIELD_INVALID", "/columns")]
    [InlineData("""{"columns": "email"}""", 400, "FIELD_INVALID", "/columns")]
    [InlineData("""{"columns": [1]}""", 400, "FIELD_INVALID", "/columns")]
    [InlineData("""{"action": "replace"}""", 400, "FIELD_INVALID", "/action")]
    [InlineData("""{"action": null}""", 400, "FIELD_INVALID", "/action")]
    [InlineData("""{"key": "email"}""", 400, "FIELD_UNKNOWN", "/key")]
    [InlineData("""["email"]""", 400, "FIELD_INVALID", "")]
    public async Task Refuses_a_conflict_rule_that_no_key_fits(string rule, int status, string code, string beneath)
    {
        var answer = await UpsertAsync("person", """{"email": "r@x", "name": "R"}""", rule);

        Assert.Equal($"/operations/0/metadata_params/on_conflict{beneath}", answer.ExpectError(status, code).Pointer);
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT 1 FROM person WHERE email = 'r@x'"));
    }

    [Fact]
    public async Task An_entity_without_a_key_cannot_be_upserted()
    {
        var answer = await UpsertAsync("log", """{"line": "x"}""");

        answer.ExpectError(400, "FIELD_INVALID");
    }

    [Fact]
    public async Task Values_are_checked_as_those_of_a_create_are()
    {
        var answer = await UpsertAsync("seat", """{"hall": "x", "colour": null, "row": 1}""");

        Assert.Equal(
            [
                "TYPE_INVALID /operations/0/store_params/hall", "NOT_NULL_VIOLATION /operations/0/store_params/colour",
                "COLUMN_UNKNOWN /operations/0/store_params/row", "NOT_NULL_VIOLATION /operations/0/store_params/place",
            ],
            answer.Expect(422).Problems);
    }

    [Fact]
    public async Task Sixteen_concurrent_upserts_of_one_key_create_it_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(n =>
            UpsertAsync("seat", $$"""{"hall": 77, "place": 1, "holder": "h{{n}}"}""")));

        Assert.All(answers, answer => answer.Expect(200));
        Assert.Single(answers, answer => Outcomes(answer) == "created");
        Assert.Equal("1", await fixture.Database.RowsAsync("SELECT count(*) FROM seat WHERE hall = 77"));
    }
}
