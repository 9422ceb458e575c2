using System.Text.Json;

namespace BatchService.DatabaseTests.Entities;

/// <summary>SQL where a name is expected is refused as an unknown name; SQL where a value is expected is a value.</summary>
public sealed class EntityInjectionTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    /// <summary>Each would drop, delete, read or stall if it ever became part of a statement.</summary>
    public static TheoryData<string> Payloads { get; } =
    [
        "town; DROP TABLE town; --", "town\"; DROP TABLE town; --", "town' OR '1'='1", "\"town\"", "public.town", "town--", "town/**/", "town\u00a0",
        "town) UNION SELECT 1 --", "name\" = name; DELETE FROM town; --", "name = name OR true", "(SELECT 1)", "pg_sleep(5)", "1; SELECT pg_sleep(5)",
        "$1", "{0}", "%s", "\\", "\"", "'", ";", "town\nDELETE FROM town", "xmin", "ctid", "tableoid", "TOWN", "Town", "*", "town.*", "$t", "$etag",
        "batch.idempotency_keys", "pg_catalog.pg_authid", "pg_user", "information_schema.tables", "name::text", "name COLLATE \"C\"", "\ud83d\ude00",
        "name, (SELECT passwd FROM pg_shadow LIMIT 1)", "name;name", "current_user", "E'\\047'", "U&\"\\0061\"", "town\t",
    ];

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task Nothing_but_4xx_in_every_position_of_a_name(string payload)
    {
        var name = JsonSerializer.Serialize(payload);
        var inQuery = JsonSerializer.Serialize($"{payload}::1");
        var related = JsonSerializer.Serialize($"town.{payload}");
        var relation = JsonSerializer.Serialize($"{payload}.name");
        string[] operations =
        [
            $$"""{"entity": {{name}}, "action": "read"}""",
            $$"""{"entity": {{name}}, "action": "create", "store_params": {"town_id": 9} }""",
            $$"""{"entity": "town", "action": {{name}}, "query_params": {"town_id": 1} }""",
            $$"""{"entity": "town", "action": "create", "store_params": {"town_id": 9, "name": "x", {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "upsert", "store_params": {"town_id": 9, "name": "x", {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "update", "query_params": {"town_id": 1}, "store_params": { {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "update", "query_params": { {{name}}: 1}, "store_params": {"name": "x"} }""",
            $$"""{"entity": "town", "action": "delete", "query_params": { {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "assert", "query_params": { {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "read", "query_params": {"town_id": {{inQuery}} } }""",
            $$"""{"entity": "town", "action": "delete", "query_params": {"town_id": {{inQuery}} } }""",
            $$"""{"entity": "town", "action": "read", "query_params": {"town_id": {{name}} } }""",
            $$"""{"entity": "person", "action": "read", "query_params": { {{related}}: 1} }""",
            $$"""{"entity": "person", "action": "read", "query_params": { {{relation}}: 1} }""",
            $$"""{"entity": "town", "action": "read", "metadata_params": {"sort": [{{name}}] } }""",
            $$"""{"entity": "town", "action": "read", "metadata_params": {"sort": {{JsonSerializer.Serialize($"name:{payload}")}} } }""",
            $$"""{"entity": "person", "action": "read", "metadata_params": {"sort": [{{related}}]} }""",
            $$"""{"entity": "person", "action": "read", "metadata_params": {"properties": [{{JsonSerializer.Serialize($"{payload}:name")}}]} }""",
            $$"""{"entity": "town", "action": "read", "metadata_params": {"limit": {{name}} } }""",
            $$"""{"entity": "town", "action": "read", "metadata_params": {"offset": {{name}} } }""",
            $$"""{"entity": "town", "action": "read", "metadata_params": { {{name}}: 1} }""",
            $$"""{"entity": "town", "action": "upsert", "store_params": {"town_id": 1, "name": "x"}, "metadata_params": {"on_conflict": {"columns": [{{name}}]} } }""",
            $$"""{"entity": "town", "action": "upsert", "store_params": {"town_id": 1, "name": "x"}, "metadata_params": {"on_conflict": {"action": {{name}} } } }""",
            $$"""{"entity": "town", "action": "delete", "query_params": {"town_id": 1}, "metadata_params": {"expect_affected": {{name}} } }""",
            $$"""{"entity": "town", "action": "update", "query_params": {"town_id": 1}, "store_params": {"name": "x"}, "metadata_params": {"if_match": {{name}} } }""",
            $$"""{"entity": "town", "action": "read", "id": {{name}}, "depends_on": [{{name}}]}""",
        ];

        foreach (var operation in operations)
        {
            var answer = await fixture.Client.OneAsync(operation);
            Assert.True(answer.Status is >= 400 and <= 499, $"{answer.Status} for {operation}: {answer.Text}");
        }

        Assert.Equal("1,Ulm 2,Bonn 3,Jena", await fixture.Database.RowsAsync("SELECT * FROM town ORDER BY 1"));
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_projection_never_gives_more_than_the_columns_of_the_entity(string payload)
    {
        var answer = await fixture.Client.OneAsync($$"""
            {"entity": "town", "action": "read", "query_params": {"town_id": 1}, "metadata_params": {"properties": [{{JsonSerializer.Serialize(payload)}}]} }
            """);

        Assert.True(answer.Status is 200 or (>= 400 and <= 499), answer.Text);
        if (answer.Status == 200)
            Assert.Subset(new HashSet<string>(["town_id", "name", "$etag"]), answer.Row.EnumerateObject().Select(property => property.Name).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task As_a_value_it_is_stored_found_and_deleted_to_the_letter(string payload)
    {
        var value = JsonSerializer.Serialize(payload);
        var wanted = JsonSerializer.Serialize($"eq::{payload}");

        var answer = await fixture.Client.ManyAsync(
            $$"""{"entity": "log", "action": "create", "store_params": {"line": {{value}} } }""",
            $$"""{"entity": "log", "action": "read", "query_params": {"line": {{wanted}} } }""",
            $$"""{"entity": "log", "action": "delete", "query_params": {"line": {{wanted}} } }""");

        Assert.Equal(payload, answer.Expect(200).DataOf(1)[0].GetProperty("line").GetString());
        Assert.Equal(payload, Assert.Single(answer.DataOf(2)).GetProperty("line").GetString());
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task In_the_address_it_is_an_unknown_entity(string payload)
    {
        var answer = await fixture.Client.GetAsync(new Uri($"/entities/{Uri.EscapeDataString(payload)}", UriKind.Relative));

        Assert.InRange((int)answer.StatusCode, 400, 499);
    }
}
