using System.Text.Json;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Chinook with a version column of each kind: integer, timestamp, uuid; and one table whose versions are missing or at their end.</summary>
public sealed class EntityVersionFixture : ChinookFixture
{
    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Entities:customer:ConcurrencyColumn"] = "version_stamp";
        settings["Entities:invoice:ConcurrencyColumn"] = "last_updated";
        settings["Entities:genre:ConcurrencyColumn"] = "version";
        settings["Entities:counter:ConcurrencyColumn"] = "v";
        settings["Entities:coarse:ConcurrencyColumn"] = "at";
    }

    protected override Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => database.ExecuteAsync("""
        CREATE TABLE counter (id integer PRIMARY KEY, v smallint, n integer);
        INSERT INTO counter VALUES (1, NULL, 0), (2, 32767, 0);
        CREATE TABLE coarse (id integer PRIMARY KEY, at timestamp(0) NOT NULL, n integer);
        INSERT INTO coarse VALUES (1, '2024-01-01', 0);
        """);
}

/// <summary>Entities with a version column: the current one must be named, none may be set, and it moves on every write.</summary>
public sealed class EntityVersionTests(EntityVersionFixture fixture) : IClassFixture<EntityVersionFixture>
{
    private async Task<JsonElement> ReadAsync(string entity, int id) => (await fixture.Client.OneAsync(
        $$"""{"entity": "{{entity}}", "action": "read", "query_params": {"{{entity}}_id": {{id}} } }""")).Expect(200).Row;

    private Task<EntityAnswer> UpdateAsync(string entity, int id, string version, string current, string store) => fixture.Client.OneAsync($$"""
        {"entity": "{{entity}}", "action": "update", "query_params": {"{{entity}}_id": {{id}}, "{{version}}": {{current}} }, "store_params": {{store}} }
        """);

    [Theory]
    [InlineData("genre", "version", """{"name": "X"}""")]
    [InlineData("invoice", "last_updated", """{"billing_city": "X"}""")]
    [InlineData("customer", "version_stamp", """{"city": "X"}""")]
    public async Task The_current_version_is_accepted_once_and_moves_with_the_write(string entity, string column, string store)
    {
        var before = (await ReadAsync(entity, 1)).GetProperty(column).GetRawText();

        var first = await UpdateAsync(entity, 1, column, before, store);
        var stale = await UpdateAsync(entity, 1, column, before, store);
        var after = first.Expect(200).Row.GetProperty(column).GetRawText();
        var second = await UpdateAsync(entity, 1, column, after, store);

        Assert.NotEqual(before, after);
        Assert.Equal("No records were modified", stale.ExpectError(404, "NOT_MODIFIED").Error);
        Assert.NotEqual(after, second.Expect(200).Row.GetProperty(column).GetRawText());
        Assert.Equal(second.Row.GetProperty(column).GetRawText(), (await ReadAsync(entity, 1)).GetProperty(column).GetRawText());
    }

    [Theory]
    [InlineData("update", ", \"name\": \"X\"")]
    [InlineData("delete", "")]
    public async Task A_row_of_a_batch_with_a_stale_version_fails_as_an_operation_does(string action, string values)
    {
        var answer = await fixture.Client.PostTextAsync(
            "genre", $$"""{"action": "{{action}}", "items": [{"genre_id": 3, "version": 99{{values}}}]}""", RowsClient.Json);

        Assert.Equal("0:NOT_MODIFIED", answer.Failures);
        Assert.Equal("No records were modified", answer.Results[0].GetProperty("error").GetString());
    }

    [Fact]
    public async Task An_integer_counts_a_uuid_is_new_and_a_timestamp_is_now()
    {
        var genre = await fixture.Client.OneAsync("""
            {"entity": "genre", "action": "update", "query_params": {"genre_id": 2, "version": 1}, "store_params": {"name": "Y"}}
            """);
        var stamp = (await ReadAsync("invoice", 2)).GetProperty("last_updated").GetRawText();
        var invoice = await UpdateAsync("invoice", 2, "last_updated", stamp, """{"billing_city": "Y"}""");

        Assert.Equal(2, genre.Expect(200).Row.GetProperty("version").GetInt32());
        invoice.Expect(200);
        Assert.Equal("t", await fixture.Database.RowsAsync(
            "SELECT last_updated BETWEEN (clock_timestamp() AT TIME ZONE 'UTC') - interval '1 minute' AND clock_timestamp() AT TIME ZONE 'UTC' FROM invoice WHERE invoice_id = 2"));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task A_change_that_does_not_name_the_version_is_refused(string action)
    {
        var answer = await fixture.Client.OneAsync($$"""
            {"entity": "genre", "action": "{{action}}", "query_params": {"genre_id": 3} {{(action == "update" ? """, "store_params": {"name": "Z"}""" : "")}} }
            """);

        Assert.Equal("/operations/0/query_params/version", answer.ExpectError(400, "FILTER_REQUIRED").Pointer);
        Assert.Equal("Metal", await fixture.Database.RowsAsync("SELECT name FROM genre WHERE genre_id = 3"));
    }

    [Theory]
    [InlineData("ne::0")]
    [InlineData("gt::0")]
    [InlineData("not-null::")]
    [InlineData("between::0,9999")]
    [InlineData("not-in::77")]
    [InlineData("like::*")]
    public async Task A_comparison_that_any_version_meets_does_not_name_the_current_one(string version)
    {
        var answer = await fixture.Client.OneAsync($$"""
            {"entity": "genre", "action": "update", "query_params": {"genre_id": 3, "version": "{{version}}"}, "store_params": {"name": "Z"} }
            """);

        Assert.Equal("/operations/0/query_params/version", answer.ExpectError(400, "FILTER_REQUIRED").Pointer);
        Assert.Equal("Metal", await fixture.Database.RowsAsync("SELECT name FROM genre WHERE genre_id = 3"));
    }

    [Theory]
    [InlineData("create", """{"name": "Q", "version": 5}""")]
    [InlineData("upsert", """{"genre_id": 4, "name": "Q", "version": 5}""")]
    public async Task The_version_may_not_be_stored(string action, string store)
    {
        var answer = await fixture.Client.OneAsync($$"""{"entity": "genre", "action": "{{action}}", "store_params": {{store}} }""");

        Assert.Equal("/operations/0/store_params/version", answer.ExpectError(422, "VALIDATION_FAILED").Pointer);
    }

    [Fact]
    public async Task Nor_by_an_update()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "genre", "action": "update", "query_params": {"genre_id": 4, "version": 1}, "store_params": {"version": 9}}
            """);

        Assert.Equal("/operations/0/store_params/version", answer.ExpectError(422, "VALIDATION_FAILED").Pointer);
        Assert.Equal("1", await fixture.Database.RowsAsync("SELECT version FROM genre WHERE genre_id = 4"));
    }

    [Fact]
    public async Task A_create_begins_a_version_and_an_upsert_moves_it_only_when_it_writes()
    {
        var created = await fixture.Client.OneAsync("""{"entity": "genre", "action": "create", "store_params": {"genre_id": 700, "name": "A"}}""");
        var merged = await fixture.Client.OneAsync("""{"entity": "genre", "action": "upsert", "store_params": {"genre_id": 700, "name": "B"}}""");
        var same = await fixture.Client.OneAsync("""{"entity": "genre", "action": "upsert", "store_params": {"genre_id": 700, "name": "B"}}""");
        var customer = await fixture.Client.OneAsync("""
            {"entity": "customer", "action": "create", "store_params": [
                {"first_name": "A", "last_name": "A", "email": "a"}, {"first_name": "B", "last_name": "B", "email": "b"}]}
            """);

        Assert.Equal(1, created.Expect(200).Row.GetProperty("version").GetInt32());
        Assert.Equal(2, merged.Expect(200).Row.GetProperty("version").GetInt32());
        Assert.Equal(2, same.Expect(200).Row.GetProperty("version").GetInt32());
        Assert.NotEqual(customer.Expect(200).Data[0].GetProperty("version_stamp").GetGuid(), customer.Data[1].GetProperty("version_stamp").GetGuid());
    }

    [Fact]
    public async Task A_delete_needs_the_current_version()
    {
        await fixture.Database.ExecuteAsync("INSERT INTO genre VALUES (800, 'gone', 3)");

        var stale = await fixture.Client.OneAsync("""{"entity": "genre", "action": "delete", "query_params": {"genre_id": 800, "version": 2}}""");
        stale.ExpectError(404, "NOT_MODIFIED");
        Assert.Equal("gone", await fixture.Database.RowsAsync("SELECT name FROM genre WHERE genre_id = 800"));
        var current = await fixture.Client.OneAsync("""{"entity": "genre", "action": "delete", "query_params": {"genre_id": 800, "version": 3}}""");

        current.Expect(200);
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT name FROM genre WHERE genre_id = 800"));
    }

    [Fact]
    public async Task Of_many_writers_with_the_same_version_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => UpdateAsync("genre", 5, "version", "1", $$"""{"name": "w{{n}}"}""")));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal($"{winner.Row.GetProperty("name")},2", await fixture.Database.RowsAsync("SELECT name, version FROM genre WHERE genre_id = 5"));
    }

    [Fact]
    public async Task A_version_that_was_null_moves_as_well()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "counter", "action": "update", "query_params": {"id": 1, "v": null}, "store_params": {"n": 1}}
            """);

        Assert.Equal(1, answer.Expect(200).Row.GetProperty("v").GetInt32());
    }

    [Fact]
    public async Task A_version_at_its_end_is_an_error_of_the_operation_and_not_of_the_service()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "counter", "action": "update", "query_params": {"id": 2, "v": 32767}, "store_params": {"n": 1}}
            """);

        answer.ExpectError(422, "NUMERIC_OUT_OF_RANGE");
    }

    [Fact]
    public async Task A_coarse_timestamp_moves_even_when_written_twice_within_its_tick()
    {
        var versions = new List<string> { "\"2024-01-01T00:00:00\"" };
        for (var n = 1; n <= 4; n++)
        {
            var answer = await fixture.Client.OneAsync($$"""
                {"entity": "coarse", "action": "update", "query_params": {"id": 1, "at": {{versions[^1]}} }, "store_params": {"n": {{n}} } }
                """);
            versions.Add(answer.Expect(200).Row.GetProperty("at").GetRawText());
        }

        Assert.Equal(versions.Count, versions.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task The_description_names_the_version_column()
    {
        var answer = await fixture.Client.GetAnswerAsync("/entities/invoice");

        Assert.Equal("last_updated", answer.Body.GetProperty("concurrency_column").GetString());
    }
}
