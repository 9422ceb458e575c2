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

    [Fact]
    public async Task Stores_and_returns_all_rows_of_a_good_one()
    {
        var reply = (await service.Client.RunAsync(Operations.Replace("999999", "2", StringComparison.Ordinal), """{ "validateOnly": "execute" }""")).Expect(200);

        Assert.Equal(3, reply.Result("albums").GetProperty("affected").GetInt32());
        Assert.Equal("of rows 2", reply.Row("albums", 2).GetProperty("title").GetString());
    }
}
