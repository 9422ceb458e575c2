using System.Text.Json;
using BatchService.DatabaseTests.Reliability;

namespace BatchService.DatabaseTests.Entities;

/// <summary>SQL where a value is expected is a value, and a projection shows no more for it; as a name, see <see cref="SqlInNamesTests"/>.</summary>
public sealed class EntityInjectionTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    /// <summary>Each would drop, delete, read or stall if it ever became part of a statement.</summary>
    public static TheoryData<string> Payloads { get; } = [.. SqlPayloads.Meaningful];

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
