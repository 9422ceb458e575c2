using BatchService.Entities;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Entities;

/// <summary>The schema changes while the service runs: it follows, without a restart and without a word.</summary>
public sealed class EntitySchemaChangeTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly TimeSpan JustOver = CatalogCache.MaxAgeOfARefusal + TimeSpan.FromMilliseconds(100);

    private Task<EntityAnswer> CreateAsync(string table, string store) =>
        fixture.Client.OneAsync($$"""{"entity": "{{table}}", "action": "create", "store_params": {{store}} }""");

    /// <summary>Makes the table, and the service know it.</summary>
    private async Task MakeAsync(string table, string columns)
    {
        await fixture.Database.ExecuteAsync($"CREATE TABLE {table} ({columns})");
        (await fixture.Client.PostNothingAsync("/entities/reload")).Expect(200);
    }

    [Fact]
    public async Task A_new_table_is_an_entity_as_soon_as_a_request_asks_for_it()
    {
        (await fixture.Client.PostNothingAsync("/entities/reload")).Expect(200);
        await fixture.Database.ExecuteAsync("CREATE TABLE newcomer (id integer PRIMARY KEY)");
        await Task.Delay(JustOver);

        (await CreateAsync("newcomer", """{"id": 1}""")).Expect(200);
        (await fixture.Client.GetAnswerAsync("/entities/newcomer")).Expect(200);
    }

    [Theory]
    [InlineData("added", "ALTER TABLE {0} ADD extra text", """{"id": 1, "extra": "x"}""")]
    [InlineData("widened", "ALTER TABLE {0} ALTER name TYPE varchar(20)", """{"id": 1, "name": "longer than five"}""")]
    [InlineData("relaxed", "ALTER TABLE {0} ALTER must DROP NOT NULL", """{"id": 1, "must": null}""")]
    [InlineData("defaulted", "ALTER TABLE {0} ALTER must SET DEFAULT 'd'", """{"id": 1}""")]
    [InlineData("wider_number", "ALTER TABLE {0} ALTER id TYPE bigint", """{"id": 3000000000, "must": "m"}""")]
    [InlineData("retyped", "ALTER TABLE {0} ALTER name TYPE integer USING 0", """{"id": 1, "name": 5, "must": "m"}""")]
    [InlineData("no_must", "ALTER TABLE {0} DROP COLUMN must", """{"id": 1}""")]
    public async Task What_was_refused_is_taken_once_the_schema_allows_it(string table, string change, string store)
    {
        await MakeAsync(table, "id integer PRIMARY KEY, name varchar(5), must text NOT NULL");
        var body = store.Contains("must", StringComparison.Ordinal) || table is "defaulted" or "no_must"
            ? store
            : store.Replace("{\"id\": 1", "{\"id\": 1, \"must\": \"m\"", StringComparison.Ordinal);
        Assert.Equal(422, (await CreateAsync(table, body)).Status);
        await fixture.Database.ExecuteAsync(change.Replace("{0}", table, StringComparison.Ordinal));
        await Task.Delay(JustOver);

        (await CreateAsync(table, body)).Expect(200);
    }

    [Fact]
    public async Task A_dropped_column_is_unknown_from_the_next_request_on_and_others_go_on()
    {
        await MakeAsync("shrinking", "id integer PRIMARY KEY, gone text, stays text");
        await fixture.Database.ExecuteAsync("ALTER TABLE shrinking DROP COLUMN gone");

        var read = await fixture.Client.OneAsync("""{"entity": "shrinking", "action": "read"}""");
        await Task.Delay(JustOver);
        var create = await CreateAsync("shrinking", """{"id": 1, "stays": "s"}""");
        var refused = await CreateAsync("shrinking", """{"id": 2, "gone": "g"}""");

        read.Expect(200);
        Assert.DoesNotContain("gone", create.Expect(200).Row.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("/operations/0/store_params/gone", refused.ExpectError(422, "COLUMN_UNKNOWN").Pointer);
    }

    [Fact]
    public async Task A_dropped_table_is_unknown_and_a_renamed_one_goes_by_its_new_name()
    {
        await MakeAsync("short_lived", "id integer PRIMARY KEY");
        await MakeAsync("old_name", "id integer PRIMARY KEY");
        await fixture.Database.ExecuteAsync("DROP TABLE short_lived; ALTER TABLE old_name RENAME TO new_name");

        var dropped = await CreateAsync("short_lived", """{"id": 1}""");
        var each = await fixture.Client.EachAsync(
            """{"entity": "old_name", "action": "read"}""", """{"entity": "new_name", "action": "create", "store_params": {"id": 1}}""");

        dropped.ExpectError(404, "ENTITY_UNKNOWN");
        Assert.Equal("ENTITY_UNKNOWN", each.Expect(207).Code);
        Assert.Equal("1", await fixture.Database.RowsAsync("SELECT id FROM new_name"));
    }

    [Fact]
    public async Task A_key_that_was_added_decides_an_upsert()
    {
        await MakeAsync("keyless", "a integer, b text");
        const string Upsert = """{"entity": "keyless", "action": "upsert", "store_params": {"a": 1, "b": "x"}}""";
        (await fixture.Client.OneAsync(Upsert)).ExpectError(400, "FIELD_INVALID");
        await fixture.Database.ExecuteAsync("ALTER TABLE keyless ADD PRIMARY KEY (a)");
        await Task.Delay(JustOver);

        Assert.Equal("created", (await fixture.Client.OneAsync(Upsert)).Expect(200).Result.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_notification_makes_the_service_read_the_catalog_by_itself()
    {
        await fixture.Database.ExecuteAsync("CREATE TABLE announced (id integer PRIMARY KEY); NOTIFY batch_catalog");

        var cache = fixture.Services.GetRequiredService<CatalogCache>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await cache.GetAsync(patience.Token)).Entities.ContainsKey("announced"))
            await Task.Delay(20, patience.Token);
    }

    [Fact]
    public async Task Reload_tells_how_many_entities_there_are_and_when_it_read_them()
    {
        var before = await fixture.Client.PostNothingAsync("/entities/reload");
        await fixture.Database.ExecuteAsync("CREATE TABLE one_more (id integer PRIMARY KEY)");
        var after = await fixture.Client.PostNothingAsync("/entities/reload");

        Assert.True(before.Expect(200).Body.GetProperty("entities").GetInt32() < after.Expect(200).Body.GetProperty("entities").GetInt32());
        Assert.True(before.Body.GetProperty("read_at").GetDateTimeOffset() <= after.Body.GetProperty("read_at").GetDateTimeOffset());
    }
}
