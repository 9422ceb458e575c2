namespace BatchService.DatabaseTests.Operations;

/// <summary>One operation over an array of rows: one item, but its bad row is named.</summary>
public sealed class RowsOfAnOperationTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Operations = """
        { "id": "artist", "entity": "artist", "action": "create", "store_params": { "name": "of rows" } },
        { "id": "albums", "entity": "album", "action": "create", "store_params": [
            { "title": "of rows 0", "artist_id": "$ref:artist.artist_id" },
            { "title": "of rows 1", "artist_id": 999999 },
            { "title": "of rows 2", "artist_id": 1 } ] }
        """;

    [Theory]
    [InlineData("""{ "atomic": true }""", 409)]
    [InlineData("""{ "atomic": true, "continueOnError": true }""", 409)]
    [InlineData("""{ "atomic": false, "continueOnError": true }""", 207)]
    public async Task Names_the_row_that_is_to_blame_and_stores_none_of_them(string options, int status)
    {
        var reply = (await service.Client.RunAsync(Operations, options)).Expect(status);

        Assert.Equal("/operations/1/store_params/1/artist_id", reply.Result("albums").GetProperty("pointer").GetString());
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM album WHERE title LIKE 'of rows%'"));
    }

    [Theory]
    [InlineData("""{ "atomic": true }""", 409)]
    [InlineData("""{ "atomic": false, "continueOnError": true }""", 207)]
    public async Task Names_the_later_of_two_rows_with_one_key(string options, int status)
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "up", "entity": "genre", "action": "upsert", "store_params": [
                { "genre_id": 901, "name": "a" }, { "genre_id": 902, "name": "b" }, { "genre_id": 901, "name": "c" } ] }
            """, options)).Expect(status);

        Assert.Equal("DUPLICATE_IN_BATCH", reply.Result("up").GetProperty("code").GetString());
        Assert.Equal("/operations/0/store_params/2", reply.Result("up").GetProperty("pointer").GetString()![..28]);
    }

    [Fact]
    public async Task Points_to_the_filter_of_a_delete_that_a_row_of_its_own_table_prevents()
    {
        (await service.Client.RunAsync("""{ "entity": "node", "action": "create", "store_params": [ { "node_id": 1 }, { "node_id": 2, "parent_id": 1 } ] }""")).Expect(200);

        var reply = (await service.Client.RunAsync("""{ "id": "gone", "entity": "node", "action": "delete", "query_params": { "node_id": 1 } }""")).Expect(409);

        Assert.Equal("/operations/0/query_params", reply.Result("gone").GetProperty("pointer").GetString());
        Assert.Equal("node_parent_fkey", reply.Result("gone").GetProperty("constraint").GetString());
    }

    [Fact]
    public async Task Stores_and_returns_all_rows_of_a_good_one()
    {
        var reply = (await service.Client.RunAsync(Operations.Replace("999999", "2", StringComparison.Ordinal), """{ "validateOnly": "execute" }""")).Expect(200);

        Assert.Equal(3, reply.Result("albums").GetProperty("affected").GetInt32());
        Assert.Equal("of rows 2", reply.Row("albums", 2).GetProperty("title").GetString());
    }
}
