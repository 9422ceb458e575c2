using System.Text.Json;

namespace BatchService.DatabaseTests.Entities;

/// <summary><c>GET /entities</c> and <c>GET /entities/{entity}</c>.</summary>
public sealed class EntityCatalogEndpointTests(EntityOddFixture odd, EntityShopFixture shop)
    : IClassFixture<EntityOddFixture>, IClassFixture<EntityShopFixture>
{
    private static string Texts(JsonElement array) => string.Join(' ', array.EnumerateArray().Select(item => item.ToString()));

    private static JsonElement Named(JsonElement array, string name) =>
        array.EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);

    [Theory]
    [InlineData("node", "table", "create read update delete upsert assert", "tree id")]
    [InlineData("measure", "partitioned_table", "create read update delete upsert assert", "day sensor")]
    [InlineData("guarded", "view", "create read update delete assert", "")]
    public async Task The_list_says_what_can_be_done_with_each_entity(string name, string kind, string actions, string key)
    {
        var answer = await odd.Client.GetAnswerAsync("/entities");

        var entity = Named(answer.Expect(200).Body.GetProperty("entities"), name);
        Assert.Equal(kind, entity.GetProperty("kind").GetString());
        Assert.Equal(actions, Texts(entity.GetProperty("actions")));
        Assert.Equal(key, Texts(entity.GetProperty("primary_key")));
    }

    [Fact]
    public async Task The_list_is_in_the_order_of_names_and_leaves_partitions_out()
    {
        var answer = await odd.Client.GetAnswerAsync("/entities");

        var names = answer.Body.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()!).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.DoesNotContain("measure_2024", names);
    }

    [Fact]
    public async Task A_description_has_columns_keys_and_relations_in_both_directions()
    {
        var person = (await shop.Client.GetAnswerAsync("/entities/person")).Expect(200).Body;
        var town = (await shop.Client.GetAnswerAsync("/entities/town")).Expect(200).Body;

        var columns = person.GetProperty("columns");
        Assert.Equal("identity_by_default", Named(columns, "person_id").GetProperty("generated").GetString());
        Assert.False(Named(columns, "person_id").GetProperty("required").GetBoolean());
        Assert.True(Named(columns, "name").GetProperty("required").GetBoolean());
        Assert.Equal(20, Named(columns, "name").GetProperty("max_length").GetInt32());
        Assert.Equal("numeric(6,2)", Named(columns, "balance").GetProperty("type").GetString());
        Assert.Equal("0", Named(columns, "balance").GetProperty("default").GetString());
        Assert.Equal("stored", Named(columns, "shout").GetProperty("generated").GetString());
        Assert.False(Named(columns, "shout").GetProperty("writable").GetBoolean());
        Assert.Equal("email", Texts(Named(person.GetProperty("unique_keys"), "person_email_key").GetProperty("columns")));
        Assert.Equal("one", Named(person.GetProperty("relations"), "town").GetProperty("kind").GetString());
        var many = Named(town.GetProperty("relations"), "persons");
        Assert.Equal("person many town_id", $"{many.GetProperty("entity")} {many.GetProperty("kind")} {Texts(many.GetProperty("target_columns"))}");
    }

    [Fact]
    public async Task What_does_not_exist_is_404_and_what_is_not_known_is_400()
    {
        (await shop.Client.GetAnswerAsync("/entities/nothing")).ExpectError(404, "ENTITY_UNKNOWN");
        (await shop.Client.GetAnswerAsync("/entities?schema=public")).ExpectError(400, "FIELD_UNKNOWN");
        (await shop.Client.GetAnswerAsync("/entities/town?full=1")).ExpectError(400, "FIELD_UNKNOWN");
        (await shop.Client.PostNothingAsync("/entities/reload?now=1")).ExpectError(400, "FIELD_UNKNOWN");
    }

    [Fact]
    public async Task The_services_own_tables_are_no_entities()
    {
        var owned = await shop.Database.RowsAsync("SELECT relname FROM pg_class WHERE relnamespace = 'batch'::regnamespace AND relkind = 'r'");

        Assert.NotEqual("", owned);
        foreach (var table in owned.Split(' '))
        {
            (await shop.Client.OneAsync($$"""{"entity": "{{table}}", "action": "read"}""")).ExpectError(404, "ENTITY_UNKNOWN");
            (await shop.Client.OneAsync($$"""{"entity": "batch.{{table}}", "action": "read"}""")).ExpectError(404, "ENTITY_UNKNOWN");
        }
    }
}
