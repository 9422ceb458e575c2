using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BatchService.DatabaseTests.Entities;

/// <summary>What the database refuses: the code, the place and the constraint, and never the value.</summary>
public sealed class EntityErrorTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    /// <summary>In every rejected value, so that no answer and no log line can hide it.</summary>
    private const string Secret = "S3CRET";

    [Theory]
    [InlineData("town", """{"town_id": 1, "name": "S3CRET"}""", 409, "UNIQUE_VIOLATION", "store_params/town_id", "town_pkey")]
    [InlineData("seat", """[{"hall": 1, "place": 1, "holder": "S3CRET"}, {"hall": 1, "place": 1}]""", 409, "UNIQUE_VIOLATION", "store_params/1", "seat_pkey")]
    [InlineData("person", """{"name": "S3CRET", "town_id": 99}""", 409, "FOREIGN_KEY_VIOLATION", "store_params/town_id", "person_town_id_fkey")]
    [InlineData("person", """{"name": "S3CRET", "age": -1}""", 422, "CHECK_VIOLATION", "store_params/age", "person_age_check")]
    [InlineData("person", """{"name": "x", "email": "S3CRET"}""", 422, "CHECK_VIOLATION", "store_params", "email_check")]
    [InlineData("strict", """{"id": 1, "kind": "null", "value": "S3CRET"}""", 422, "NOT_NULL_VIOLATION", "store_params/id", null)]
    [InlineData("strict", """{"id": 1, "kind": "raise", "value": "S3CRET"}""", 422, "VALIDATION_FAILED", "store_params", null)]
    [InlineData("strict", """{"id": 1, "kind": "divide", "value": "S3CRET"}""", 422, "VALIDATION_FAILED", "store_params", null)]
    [InlineData("strict", """{"id": 1, "kind": "cast", "value": "S3CRET"}""", 422, "TYPE_INVALID", "store_params", null)]
    [InlineData("strict", """{"id": 1, "kind": "long", "value": "S3CRET"}""", 422, "VALUE_TOO_LONG", "store_params", null)]
    [InlineData("strict", """{"id": 1, "kind": "unique", "value": "S3CRET"}""", 409, "UNIQUE_VIOLATION", "store_params", "made_up")]
    [InlineData("strict", """{"id": 1, "kind": "assert", "value": "S3CRET"}""", 422, "VALIDATION_FAILED", "store_params", null)]
    [InlineData("strict", """{"id": 1, "kind": "cast", "value": "99999999999"}""", 422, "NUMERIC_OUT_OF_RANGE", "store_params", null)]
    public async Task Each_refusal_of_the_database_has_its_code_its_place_and_its_constraint(
        string entity, string store, int status, string code, string beneath, string? constraint)
    {
        var log = Listen();

        var atomic = await fixture.Client.OneAsync($$"""{"entity": "{{entity}}", "action": "create", "store_params": {{store}} }""");
        var each = await fixture.Client.EachAsync(
            $$"""{"entity": "{{entity}}", "action": "create", "store_params": {{store}} }""",
            """{"entity": "log", "action": "read"}""");

        Assert.Equal($"/operations/0/{beneath}", atomic.ExpectError(status, code).Pointer);
        Assert.Equal(constraint, atomic.Constraint);
        Assert.Equal($"/operations/0/{beneath}", each.ExpectError(207, code).Pointer);
        Assert.Equal(status, each.Result.GetProperty("statusCode").GetInt32());
        Assert.False(each.Result.GetProperty("retryable").GetBoolean());
        Assert.DoesNotContain(Secret, atomic.Text + each.Text + log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("99999999999", atomic.Text + each.Text + log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_trigger_raises_for_the_client_reaches_it()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "strict", "action": "create", "store_params": {"id": 5, "kind": "raise"}}""");

        Assert.Equal("Kind is not sold on Sundays", answer.ExpectError(422, "VALIDATION_FAILED").Error);
    }

    [Fact]
    public async Task A_state_of_the_schemas_own_is_told_as_a_plain_raise_is()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "strict", "action": "create", "store_params": {"id": 6, "kind": "custom"}}""");

        Assert.Equal("Closed for today", answer.ExpectError(422, "VALIDATION_FAILED").Error);
    }

    [Fact]
    public async Task A_trigger_that_drops_the_row_leaves_an_operation_that_did_nothing_and_says_so()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "strict", "action": "create", "store_params": {"id": 7, "kind": "skip"}}""");

        Assert.NotEqual(500, answer.Status);
        Assert.NotEqual(201, answer.Result.GetProperty("statusCode").GetInt32());
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT * FROM strict WHERE id = 7"));
    }

    [Fact]
    public async Task An_exclusion_constraint_names_itself()
    {
        const string First = """{"entity": "booking", "action": "create", "store_params": {"booking_id": 1, "room": "[1,2)", "during": "[2024-01-01, 2024-01-03)"}}""";
        const string Second = """{"entity": "booking", "action": "create", "store_params": {"booking_id": 2, "room": "[1,2)", "during": "[2024-01-02, 2024-01-05)"}}""";

        var answer = await fixture.Client.EachAsync(First, Second);

        Assert.Equal("no_overlap", answer.ExpectError(207, "EXCLUSION_VIOLATION").Constraint);
        Assert.Equal(409, answer.Results[1].GetProperty("statusCode").GetInt32());
        Assert.Equal("/operations/1/store_params", answer.Pointer);
        Assert.Equal("1", await fixture.Database.RowsAsync("SELECT booking_id FROM booking"));
    }

    [Fact]
    public async Task A_row_that_others_refer_to_cannot_go_and_neither_can_its_key()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO town VALUES (60, 'Trier'); INSERT INTO person (name, town_id) VALUES ('T', 60)");

        var delete = await fixture.Client.OneAsync("""{"entity": "town", "action": "delete", "query_params": {"town_id": 60}}""");
        var update = await fixture.Client.OneAsync("""{"entity": "town", "action": "update", "query_params": {"town_id": 60}, "store_params": {"town_id": 61}}""");

        Assert.Equal("person_town_id_fkey", delete.ExpectError(409, "FOREIGN_KEY_VIOLATION").Constraint);
        Assert.StartsWith("/operations/0/query_params", delete.Pointer, StringComparison.Ordinal);
        Assert.Equal("person_town_id_fkey", update.ExpectError(409, "FOREIGN_KEY_VIOLATION").Constraint);
        Assert.Equal("Trier", await fixture.Database.RowsAsync("SELECT name FROM town WHERE town_id = 60"));
    }

    [Theory]
    [InlineData("""{"email": "S3CRET"}""", 422, "CHECK_VIOLATION", "store_params")]
    [InlineData("""{"town_id": 98}""", 409, "FOREIGN_KEY_VIOLATION", "store_params/town_id")]
    [InlineData("""{"age": -5}""", 422, "CHECK_VIOLATION", "store_params/age")]
    [InlineData("""{"person_id": 71}""", 409, "UNIQUE_VIOLATION", "store_params/person_id")]
    public async Task An_update_names_the_column_as_well(string store, int status, string code, string beneath)
    {
        await fixture.Database.ExecuteAsync("INSERT INTO person (person_id, name) VALUES (70, 'U'), (71, 'V') ON CONFLICT DO NOTHING");

        var answer = await fixture.Client.OneAsync(
            $$"""{"entity": "person", "action": "update", "query_params": {"person_id": 70}, "store_params": {{store}} }""");

        Assert.Equal($"/operations/0/{beneath}", answer.ExpectError(status, code).Pointer);
        Assert.DoesNotContain(Secret, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_one_run_with_continueOnError_every_failure_is_found_with_its_own_code()
    {
        var answer = await fixture.Client.BatchAsync("""
            {"options": {"continueOnError": true}, "operations": [
                {"entity": "town", "action": "create", "store_params": {"town_id": 80, "name": "ok"}},
                {"entity": "town", "action": "create", "store_params": {"town_id": 80, "name": "twice"}},
                {"entity": "person", "action": "create", "store_params": {"name": "x", "town_id": 97}},
                {"entity": "person", "action": "create", "store_params": {"name": "x", "age": -2}},
                {"entity": "strict", "action": "create", "store_params": {"id": 8, "kind": "raise"}},
                {"entity": "person", "action": "create", "store_params": {"name": "good", "town_id": 80}},
                {"entity": "seat", "action": "delete", "query_params": {"hall": 4711}}]}
            """);

        Assert.Equal(
            [
                "UNIQUE_VIOLATION /operations/1/store_params/town_id", "FOREIGN_KEY_VIOLATION /operations/2/store_params/town_id",
                "CHECK_VIOLATION /operations/3/store_params/age", "VALIDATION_FAILED /operations/4/store_params",
                "NOT_MODIFIED /operations/6/query_params",
            ],
            answer.Expect(422).Problems);
        Assert.Equal(
            ["rolled_back", "failed", "failed", "failed", "failed", "rolled_back", "failed"],
            answer.Results.Select(result => result.GetProperty("status").GetString()));
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT * FROM town WHERE town_id = 80"));
    }

    [Theory]
    [InlineData("""{"town_id": "S3CRET", "name": "x"}""")]
    [InlineData("""{"town_id": 5, "name": "S3CRET S3CRET S3CRET"}""")]
    [InlineData("""{"town_id": {"S3CRET": 1}, "name": ["S3CRET"]}""")]
    public async Task Static_checks_do_not_repeat_the_value_either(string store)
    {
        var log = Listen();

        var answer = await fixture.Client.OneAsync($$"""{"entity": "town", "action": "create", "store_params": {{store}} }""");

        Assert.Equal(422, answer.Status);
        Assert.DoesNotContain(Secret, answer.Text + log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_too_large_for_its_index_is_too_long()
    {
        await fixture.Database.ExecuteAsync("CREATE TABLE wide (name text PRIMARY KEY)");
        (await fixture.Client.PostNothingAsync("/entities/reload")).Expect(200);
        var text = string.Concat(Enumerable.Range(0, 4000).Select(n => Guid.NewGuid().ToString("N")));

        var answer = await fixture.Client.OneAsync($$"""{"entity": "wide", "action": "create", "store_params": {"name": "{{text}}"} }""");

        answer.ExpectError(422, "VALUE_TOO_LONG");
    }

    private EntityLog Listen()
    {
        var log = new EntityLog();
        fixture.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return log;
    }
}
