using System.Text.Json;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Filters through foreign keys, and what a read returns of a row and of its relatives.</summary>
public sealed class EntityRelationTests(ChinookFixture fixture) : IClassFixture<ChinookFixture>
{
    private Task<EntityAnswer> ReadAsync(string entity, string query, string metadata = "{}") => fixture.Client.OneAsync(
        $$"""{"entity": "{{entity}}", "action": "read", "query_params": {{query}}, "metadata_params": {{metadata}}}""");

    private static string Names(JsonElement row) => string.Join(' ', row.EnumerateObject().Select(property => property.Name));

    [Theory]
    [InlineData("invoice", "invoice_id", """{"customer.phone": "+55 (12) 3923-5555"}""",
        "SELECT invoice_id FROM invoice WHERE customer_id = 1 ORDER BY 1")]
    [InlineData("invoice", "invoice_id", """{"customer.country": "Brazil", "total": "gt::10"}""",
        "SELECT invoice_id FROM invoice JOIN customer USING (customer_id) WHERE country = 'Brazil' AND total > 10 ORDER BY 1")]
    [InlineData("invoice", "invoice_id", """{"invoice_lines.track_id": 2}""",
        "SELECT DISTINCT invoice_id FROM invoice_line WHERE track_id = 2 ORDER BY 1")]
    [InlineData("invoice", "invoice_id", """{"invoice_lines.track_id": "in::2,4,6,8"}""",
        "SELECT DISTINCT invoice_id FROM invoice_line WHERE track_id IN (2, 4, 6, 8) ORDER BY 1")]
    [InlineData("employee", "employee_id", """{"employee.last_name": "Adams"}""",
        "SELECT employee_id FROM employee WHERE reports_to = 1 ORDER BY 1")]
    [InlineData("employee", "employee_id", """{"employees.title": "like::IT*"}""",
        "SELECT DISTINCT reports_to FROM employee WHERE title LIKE 'IT%' ORDER BY 1")]
    [InlineData("customer", "customer_id", """{"employee.last_name": "ilike::pea*", "company": "not-null::"}""",
        "SELECT customer_id FROM customer WHERE support_rep_id = 3 AND company IS NOT NULL ORDER BY 1")]
    [InlineData("album", "album_id", """{"artist.name": "AC/DC"}""", "SELECT album_id FROM album WHERE artist_id = 1 ORDER BY 1")]
    public async Task Filters_through_a_foreign_key_in_either_direction(string entity, string key, string query, string sql)
    {
        var answer = await ReadAsync(entity, query);

        var expected = await fixture.Database.RowsAsync(sql);
        Assert.NotEqual("", expected);
        Assert.Equal(expected, answer.Expect(200).Column(key));
    }

    [Fact]
    public async Task An_update_touches_only_what_the_related_row_lets_through()
    {
        var none = await fixture.Client.OneAsync("""
            {"entity": "invoice_line", "action": "update", "store_params": {"quantity": 7},
             "query_params": {"invoice_id": 5, "track.name": "no such track"}}
            """);
        var two = await fixture.Client.OneAsync("""
            {"entity": "invoice_line", "action": "update", "store_params": {"quantity": 7}, "query_params": {"invoice.invoice_id": 1}}
            """);

        none.ExpectError(404, "NOT_MODIFIED");
        Assert.Equal("7 7", two.Expect(200).Column("quantity"));
        Assert.Equal("1 1", await fixture.Database.RowsAsync("SELECT invoice_id FROM invoice_line WHERE quantity = 7"));
    }

    [Theory]
    [InlineData("\"name\"", "name $etag")]
    [InlineData("\"name genre_id\"", "name genre_id $etag")]
    [InlineData("\"name, genre_id\"", "name genre_id $etag")]
    [InlineData("[\"name\", \"version\"]", "name version $etag")]
    [InlineData("\".*\"", "genre_id name version $etag")]
    [InlineData("\"ver.*|name\"", "name version $etag")]
    [InlineData("\"nam.\"", "name $etag")]
    public async Task Returns_only_the_properties_that_were_named(string properties, string expected)
    {
        var answer = await ReadAsync("genre", """{"genre_id": 1}""", $$"""{"properties": {{properties}}}""");

        Assert.Equal(expected, Names(answer.Expect(200).Row));
    }

    [Fact]
    public async Task Embeds_the_one_related_row_as_an_object_and_null_where_there_is_none()
    {
        var answer = await ReadAsync("employee", """{"employee_id": "le::2"}""", """{"properties": "employee_id employee:last_name|title"}""");

        Assert.Equal(JsonValueKind.Null, answer.Expect(200).Data[0].GetProperty("employee").ValueKind);
        Assert.Equal("last_name title $etag", Names(answer.Data[1].GetProperty("employee")));
        Assert.Equal("Adams", answer.Data[1].GetProperty("employee").GetProperty("last_name").GetString());
    }

    [Fact]
    public async Task Embeds_many_related_rows_as_a_list_in_key_order_and_an_empty_list_where_there_is_none()
    {
        var answer = await ReadAsync("invoice", """{"invoice_id": "le::2"}""", """{"properties": "invoice_id invoice_lines:.*"}""");

        var lines = answer.Expect(200).Data[1].GetProperty("invoice_lines").EnumerateArray().ToList();
        Assert.Equal(["3", "4", "5", "6"], lines.Select(line => line.GetProperty("invoice_line_id").ToString()));
        Assert.Equal("invoice_line_id invoice_id track_id unit_price quantity $etag", Names(lines[0]));
        var none = await ReadAsync("employee", """{"employee_id": 8}""", """{"properties": "employees:.*"}""");
        Assert.Equal("[]", none.Expect(200).Row.GetProperty("employees").GetRawText());
    }

    [Fact]
    public async Task An_embedded_row_has_the_etag_that_it_has_when_read_by_itself()
    {
        var embedded = await ReadAsync("invoice", """{"invoice_id": 3}""", """{"properties": "invoice_id customer:email customer:phone"}""");
        var alone = await ReadAsync("customer", """{"invoices.invoice_id": 3}""");

        var customer = embedded.Expect(200).Row.GetProperty("customer");
        Assert.Equal("email phone $etag", Names(customer));
        Assert.Equal(alone.Expect(200).Row.GetProperty("$etag").GetString(), customer.GetProperty("$etag").GetString());
    }

    [Fact]
    public async Task Embeds_only_relations_when_only_they_are_named()
    {
        var answer = await ReadAsync("album", """{"album_id": 1}""", """{"properties": "artist:.*"}""");

        Assert.Equal("artist $etag", Names(answer.Expect(200).Row));
    }
}
