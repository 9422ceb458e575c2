namespace BatchService.DatabaseTests.Operations;

/// <summary><c>validateOnly</c>: the normal answer, and no row left.</summary>
public sealed class DryRunTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Artist = """{ "id": "artist", "entity": "artist", "action": "create", "store_params": { "name": "Only checked" } }""";
    private const string Album = """{ "id": "album", "entity": "album", "action": "create", "store_params": { "title": "Only checked", "artist_id": "$ref:artist.artist_id" } }""";

    [Theory]
    [InlineData("true", "false")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("false", "true")]
    public async Task Runs_for_real_and_leaves_no_row_in_any_mode(string atomic, string continueOnError)
    {
        var before = await CountAsync();

        var reply = (await service.Client.RunAsync($"{Artist}, {Album}",
            $$"""{ "validateOnly": "execute", "atomic": {{atomic}}, "continueOnError": {{continueOnError}} }""")).Expect(200);

        Assert.Equal("artist:completed album:completed", reply.States);
        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
        Assert.True(reply.Body.GetProperty("success").GetBoolean());
        Assert.Equal("Only checked", reply.Row("album").GetProperty("title").GetString());
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Checks_without_data_and_leaves_no_row()
    {
        var before = await CountAsync();
        var sequence = await service.NumberAsync("SELECT last_value FROM artist_artist_id_seq");

        var reply = (await service.Client.RunAsync($"{Artist}, {Album}", """{ "validateOnly": "static" }""")).Expect(200);

        Assert.Equal("artist:completed album:completed", reply.States);
        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
        Assert.Equal(before, await CountAsync());
        Assert.Equal(sequence, await service.NumberAsync("SELECT last_value FROM artist_artist_id_seq"));
    }

    [Fact]
    public async Task Finds_with_data_what_the_static_check_cannot_see()
    {
        const string orphan = """{ "id": "orphan", "entity": "album", "action": "create", "store_params": { "title": "x", "artist_id": 999999 } }""";

        (await service.Client.RunAsync(orphan, """{ "validateOnly": "static" }""")).Expect(200);
        var reply = (await service.Client.RunAsync(orphan, """{ "validateOnly": "execute" }""")).Expect(409);

        Assert.Equal("FOREIGN_KEY_VIOLATION", reply.Text("code"));
        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
    }

    [Fact]
    public async Task Says_in_a_best_effort_dry_run_which_operations_would_complete_fail_and_be_skipped()
    {
        var before = await CountAsync();

        var reply = (await service.Client.RunAsync($$"""
            {{Artist}},
            { "id": "orphan", "entity": "album", "action": "create", "store_params": { "title": "x", "artist_id": 999999 } },
            { "id": "track", "entity": "track", "action": "update", "query_params": { "album_id": "$ref:orphan.album_id" }, "store_params": { "composer": "x" } },
            {{Album}}
            """, """{ "validateOnly": "execute", "atomic": false, "continueOnError": true }""")).Expect(207);

        Assert.Equal("artist:completed orphan:failed track:skipped album:completed", reply.States);
        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("""{ "validateOnly": "static", "atomic": false, "continueOnError": true }""", 207, "artist:completed bad:failed after:skipped chain:skipped")]
    [InlineData("""{ "validateOnly": "static", "atomic": false }""", 207, "artist:completed bad:failed after:skipped chain:skipped")]
    [InlineData("""{ "validateOnly": "static", "continueOnError": true }""", 422, "artist:completed bad:failed after:skipped chain:skipped")]
    [InlineData("""{ "validateOnly": "static" }""", 422, "artist:completed bad:failed after:skipped chain:skipped")]
    public async Task Tells_in_a_static_check_what_would_become_of_each_operation(string options, int status, string states)
    {
        var reply = (await service.Client.RunAsync($$"""
            {{Artist}},
            { "id": "bad", "entity": "album", "action": "create", "store_params": { "titel": "x", "artist_id": 1 } },
            { "id": "after", "entity": "track", "action": "update", "query_params": { "album_id": "$ref:bad.album_id" }, "store_params": { "composer": "x" } },
            { "id": "chain", "entity": "genre", "action": "create", "store_params": { "name": "x" }, "depends_on": ["after"] }
            """, options)).Expect(status);

        Assert.Equal(states, reply.States);
        Assert.Equal("COLUMN_UNKNOWN", reply.Result("bad").GetProperty("code").GetString());
        Assert.False(reply.Body.GetProperty("committed").GetBoolean());
    }

    [Fact]
    public async Task Lets_the_real_run_have_the_idempotency_key_of_its_dry_run()
    {
        var key = ("Idempotency-Key", "dry-then-real");
        const string create = """{ "operations": [ { "entity": "genre", "action": "create", "store_params": { "name": "Keyed" } } ], "options": { "validateOnly": "execute" } }""";

        (await service.Client.PostBatchAsync(create, key)).Expect(200);
        (await service.Client.PostBatchAsync(create.Replace("\"execute\"", "false", StringComparison.Ordinal), key)).Expect(200);

        Assert.Equal(1, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'Keyed'"));
    }

    private Task<long> CountAsync() => service.NumberAsync("SELECT (SELECT count(*) FROM artist) + (SELECT count(*) FROM album)");
}
