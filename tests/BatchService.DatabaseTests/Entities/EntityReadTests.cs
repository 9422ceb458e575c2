namespace BatchService.DatabaseTests.Entities;

/// <summary>Chinook, with reads capped at five rows.</summary>
public sealed class EntityCappedFixture : ChinookFixture
{
    protected override void Configure(IDictionary<string, string?> settings) => settings["Batch:MaxRows"] = "5";
}

/// <summary>Order, paging, counting and the cap of reads.</summary>
public sealed class EntityReadTests(EntityCappedFixture fixture) : IClassFixture<EntityCappedFixture>
{
    private Task<EntityAnswer> ReadAsync(string entity, string query, string metadata) => fixture.Client.OneAsync(
        $$"""{"entity": "{{entity}}", "action": "read", "query_params": {{query}}, "metadata_params": {{metadata}}}""");

    [Theory]
    [InlineData("""{}""", "1 2 3 4 5")]
    [InlineData("""{"sort": "genre_id"}""", "1 2 3 4 5")]
    [InlineData("""{"sort": "genre_id:desc"}""", "25 24 23 22 21")]
    [InlineData("""{"sort": "genre_id:asc", "limit": 2}""", "1 2")]
    [InlineData("""{"__sort": "genre_id:desc", "__limit": 3}""", "25 24 23")]
    [InlineData("""{"limit": 2, "offset": 3}""", "4 5")]
    [InlineData("""{"limit": 0}""", "")]
    [InlineData("""{"offset": 23}""", "24 25")]
    [InlineData("""{"offset": 9000000000000000000}""", "")]
    [InlineData("""{"sort": "name", "limit": 3}""", "23 4 6")]
    [InlineData("""{"sort": ["version:desc", "genre_id:desc"], "limit": 2}""", "25 24")]
    [InlineData("""{"sort": "version:desc, genre_id", "limit": 2}""", "1 2")]
    public async Task Returns_rows_in_the_order_and_number_that_were_asked_for(string metadata, string expected)
    {
        var answer = await ReadAsync("genre", "{}", metadata);

        Assert.Equal(expected, answer.Expect(200).Column("genre_id"));
    }

    [Fact]
    public async Task Breaks_ties_of_a_sort_by_the_primary_key()
    {
        var answer = await ReadAsync("track", """{"album_id": 1}""", """{"sort": "unit_price", "limit": 4}""");

        Assert.Equal("1 6 7 8", answer.Expect(200).Column("track_id"));
    }

    [Fact]
    public async Task Sorts_by_a_column_of_the_related_row()
    {
        var answer = await ReadAsync("invoice", """{"invoice_date": "lt::2021-01-07"}""", """{"sort": "customer.country:desc,invoice_id"}""");

        var expected = await fixture.Database.RowsAsync("""
            SELECT invoice_id FROM invoice JOIN customer USING (customer_id)
            WHERE invoice_date < '2021-01-07' ORDER BY country DESC, invoice_id LIMIT 5
            """);
        Assert.Equal(expected, answer.Expect(200).Column("invoice_id"));
    }

    [Fact]
    public async Task Orders_a_composite_key_by_all_of_its_columns()
    {
        var answer = await ReadAsync("playlist_track", """{"track_id": "in::1,2"}""", "{}");

        var rows = answer.Expect(200).Data.Select(row => $"{row.GetProperty("playlist_id")},{row.GetProperty("track_id")}");
        Assert.Equal(["1,1", "1,2", "8,1", "8,2", "17,1"], rows);
    }

    [Fact]
    public async Task Says_truncated_when_the_cap_hides_rows_and_only_then()
    {
        var capped = await ReadAsync("genre", "{}", "{}");
        var asMany = await ReadAsync("genre", """{"genre_id": "le::5"}""", "{}");
        var limited = await ReadAsync("genre", "{}", """{"limit": 5}""");
        var overLimit = await ReadAsync("genre", "{}", """{"limit": 6}""");

        Assert.True(capped.Expect(200).Result.GetProperty("truncated").GetBoolean());
        Assert.Equal(5, capped.Result.GetProperty("affected").GetInt32());
        Assert.False(asMany.Expect(200).Result.TryGetProperty("truncated", out _));
        Assert.False(limited.Expect(200).Result.TryGetProperty("truncated", out _));
        Assert.True(overLimit.Expect(200).Result.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task Counts_all_rows_of_the_filter_past_the_cap()
    {
        var answer = await ReadAsync("track", """{"unit_price": "gt::1"}""", """{"count": true}""");

        var expected = await fixture.Database.RowsAsync("SELECT count(*) FROM track WHERE unit_price > 1");
        Assert.Equal($$"""{"count":{{expected}}}""", answer.Expect(200).Row.GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.False(answer.Result.TryGetProperty("truncated", out _));
    }

    [Fact]
    public async Task No_rows_are_an_empty_array_and_a_count_of_zero()
    {
        var rows = await ReadAsync("genre", """{"genre_id": 9999}""", "{}");
        var count = await ReadAsync("genre", """{"genre_id": 9999}""", """{"count": true}""");

        Assert.Equal("[]", rows.Expect(200).Result.GetProperty("data").GetRawText());
        Assert.Equal(0, rows.Result.GetProperty("affected").GetInt32());
        Assert.Equal(0, count.Expect(200).Row.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("""{"sort": "nope"}""", 422, "COLUMN_UNKNOWN", "sort")]
    [InlineData("""{"sort": "name:down"}""", 400, "FIELD_INVALID", "sort")]
    [InlineData("""{"sort": "tracks.name"}""", 400, "FIELD_INVALID", "sort")]
    [InlineData("""{"sort": 1}""", 400, "FIELD_INVALID", "sort")]
    [InlineData("""{"limit": -1}""", 400, "FIELD_INVALID", "limit")]
    [InlineData("""{"limit": 1.5}""", 400, "FIELD_INVALID", "limit")]
    [InlineData("""{"limit": "many"}""", 400, "FIELD_INVALID", "limit")]
    [InlineData("""{"offset": -1}""", 400, "FIELD_INVALID", "offset")]
    [InlineData("""{"count": "perhaps"}""", 400, "FIELD_INVALID", "count")]
    [InlineData("""{"properties": "nope"}""", 422, "COLUMN_UNKNOWN", "properties")]
    [InlineData("""{"properties": "("}""", 422, "COLUMN_UNKNOWN", "properties")]
    [InlineData("""{"properties": "nope:.*"}""", 422, "COLUMN_UNKNOWN", "properties")]
    public async Task Refuses_metadata_that_a_read_cannot_obey(string metadata, int status, string code, string field)
    {
        var answer = await ReadAsync("genre", "{}", metadata);

        Assert.Equal($"/operations/0/metadata_params/{field}", answer.ExpectError(status, code).Pointer);
    }
}
