namespace BatchService.DatabaseTests.Operations;

/// <summary>Operations run in dependency order, otherwise in request order; what is rearranged for speed cannot be told from that.</summary>
public sealed class ExecutionOrderTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string BestEffort = """{ "atomic": false, "continueOnError": true }""";

    /// <summary>The modes in which operations may be rearranged, and the ones in which they never are.</summary>
    public static TheoryData<string> Modes { get; } =
        ["{}", """{ "continueOnError": true }""", """{ "atomic": false }""", BestEffort];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Runs_the_lowest_ready_index_first(string options)
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "a", "entity": "genre", "action": "create", "store_params": { "name": "$ref:c.name" } },
            { "id": "b", "entity": "genre", "action": "create", "store_params": { "name": "b" } },
            { "id": "c", "entity": "genre", "action": "create", "store_params": { "name": "c" } },
            { "id": "d", "entity": "genre", "action": "create", "store_params": { "name": "d" } }
            """, options)).Expect(200);

        Assert.Equal("a:completed b:completed c:completed d:completed", reply.States);
        Assert.Equal(["b", "c", "a", "d"], new[] { "a", "b", "c", "d" }.OrderBy(id => reply.Row(id).GetProperty("genre_id").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Gives_keys_in_request_order_although_rows_of_one_table_are_written_together(string options)
    {
        var operations = string.Join(',', Enumerable.Range(0, 12).Select(index => (index % 3) switch
        {
            0 => $$"""{ "id": "g{{index:00}}", "entity": "genre", "action": "create", "store_params": { "name": "{{index}}" } }""",
            1 => $$"""{ "id": "a{{index:00}}", "entity": "artist", "action": "create", "store_params": { "name": "{{index}}" } }""",
            _ => $$"""{ "id": "g{{index:00}}", "entity": "genre", "action": "create", "store_params": { "name": "{{index}}", "version": 2 } }""",
        }));

        var reply = (await service.Client.RunAsync(operations, options)).Expect(200);

        foreach (var (prefix, key) in new[] { ('g', "genre_id"), ('a', "artist_id") })
        {
            var ids = reply.Body.GetProperty("results").EnumerateObject()
                .Where(result => result.Name[0] == prefix)
                .Select(result => result.Value.GetProperty("data")[0].GetProperty(key).GetInt32())
                .ToList();
            Assert.Equal(ids.Order(), ids);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Lets_a_read_see_exactly_what_was_written_before_it(string options)
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "n0", "entity": "playlist", "action": "read", "metadata_params": { "count": true } },
            { "id": "w0", "entity": "playlist", "action": "create", "store_params": { "name": "x" } },
            { "id": "n1", "entity": "playlist", "action": "read", "metadata_params": { "count": true } },
            { "id": "w1", "entity": "playlist", "action": "create", "store_params": { "name": "y" } },
            { "id": "n2", "entity": "playlist", "action": "read", "metadata_params": { "count": true } },
            { "id": "w2", "entity": "playlist", "action": "delete", "query_params": { "playlist_id": "$ref:w0.playlist_id" } },
            { "id": "n3", "entity": "playlist", "action": "read", "metadata_params": { "count": true } }
            """, options)).Expect(200);

        var counts = Enumerable.Range(0, 4).Select(index => reply.Row($"n{index}").GetProperty("count").GetInt32()).ToList();
        Assert.Equal([counts[0], counts[0] + 1, counts[0] + 2, counts[0] + 1], counts);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Writes_the_row_that_a_literal_foreign_key_names_first_when_it_comes_first(string options)
    {
        var key = Next();
        var reply = (await service.Client.RunAsync($$"""
            { "id": "seed", "entity": "genre", "action": "create", "store_params": { "name": "n" } },
            { "id": "later", "entity": "genre", "action": "create", "store_params": { "name": "$ref:seed.name" } },
            { "id": "artist", "entity": "artist", "action": "create", "store_params": { "artist_id": {{key}}, "name": "$ref:later.name" } },
            { "id": "album", "entity": "album", "action": "create", "store_params": { "title": "t", "artist_id": {{key}} } }
            """, options)).Expect(200);

        Assert.Equal(key, reply.Row("album").GetProperty("artist_id").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Fails_a_literal_foreign_key_to_a_row_that_only_a_later_operation_creates(string options)
    {
        var key = Next();
        var reply = await service.Client.RunAsync($$"""
            { "id": "album", "entity": "album", "action": "create", "store_params": { "title": "t", "artist_id": {{key}} } },
            { "id": "artist", "entity": "artist", "action": "create", "store_params": { "artist_id": {{key}}, "name": "a" } }
            """, options);

        Assert.Equal("FOREIGN_KEY_VIOLATION", reply.Result("album").GetProperty("code").GetString());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Keeps_the_order_where_a_reference_gives_a_foreign_key_that_another_operation_created(string options)
    {
        // The album's artist_id comes out of a genre, and happens to be the key of an artist that must wait for two others.
        var key = Next();
        var reply = (await service.Client.RunAsync($$"""
            { "id": "number", "entity": "genre", "action": "create", "store_params": { "genre_id": {{key}}, "name": "n" } },
            { "id": "seed", "entity": "genre", "action": "create", "store_params": { "name": "n" } },
            { "id": "later", "entity": "genre", "action": "create", "store_params": { "name": "$ref:seed.name" } },
            { "id": "artist", "entity": "artist", "action": "create", "store_params": { "artist_id": {{key}}, "name": "$ref:later.name" } },
            { "id": "album", "entity": "album", "action": "create", "store_params": { "title": "t", "artist_id": "$ref:number.genre_id" } }
            """, options)).Expect(200);

        Assert.Equal(key, reply.Row("album").GetProperty("artist_id").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Fails_a_row_that_names_a_later_row_of_its_own_table(string options)
    {
        var (child, parent) = (Next(), Next());
        var reply = await service.Client.RunAsync($$"""
            { "id": "child", "entity": "node", "action": "create", "store_params": { "node_id": {{child}}, "parent_id": {{parent}} } },
            { "id": "parent", "entity": "node", "action": "create", "store_params": { "node_id": {{parent}} } }
            """, options);

        Assert.Equal("failed", reply.Result("child").GetProperty("status").GetString());
        Assert.Equal(0, await service.NumberAsync($"SELECT count(*) FROM node WHERE node_id = {child}"));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Completes_a_row_that_names_an_earlier_row_of_its_own_table(string options)
    {
        var (child, parent) = (Next(), Next());
        (await service.Client.RunAsync($$"""
            { "id": "parent", "entity": "node", "action": "create", "store_params": { "node_id": {{parent}} } },
            { "id": "child", "entity": "node", "action": "create", "store_params": { "node_id": {{child}}, "parent_id": {{parent}} } }
            """, options)).Expect(200);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Fires_triggers_as_if_each_operation_were_a_statement_of_its_own(string options)
    {
        await service.TextAsync("UPDATE account SET balance = 0");

        var reply = (await service.Client.RunAsync("""
            { "id": "p0", "entity": "posting", "action": "create", "store_params": { "account_id": 1, "amount": 10 } },
            { "id": "p1", "entity": "posting", "action": "create", "store_params": { "account_id": 1, "amount": 20 } },
            { "id": "p2", "entity": "posting", "action": "create", "store_params": { "account_id": 1, "amount": 30 } },
            { "id": "sum", "entity": "account", "action": "read", "query_params": { "account_id": 1 } }
            """, options)).Expect(200);

        Assert.Equal([0, 10, 30], new[] { "p0", "p1", "p2" }.Select(id => reply.Row(id).GetProperty("before").GetInt32()));
        Assert.Equal(60, reply.Row("sum").GetProperty("balance").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Lets_the_last_of_several_upserts_of_one_row_win(string options)
    {
        var key = Next();
        var reply = (await service.Client.RunAsync($$"""
            { "id": "u0", "entity": "node", "action": "upsert", "store_params": { "node_id": {{key}}, "name": "first" } },
            { "id": "u1", "entity": "node", "action": "upsert", "store_params": { "node_id": {{key}}, "name": "second" } },
            { "id": "del", "entity": "node", "action": "delete", "query_params": { "node_id": {{key}} } },
            { "id": "u2", "entity": "node", "action": "upsert", "store_params": { "node_id": {{key}}, "name": "third" } }
            """, options)).Expect(200);

        Assert.Equal(["created", "updated", "created"], new[] { "u0", "u1", "u2" }.Select(id => reply.Result(id).GetProperty("outcome").GetString()));
        Assert.Equal("third", await service.TextAsync($"SELECT name FROM node WHERE node_id = {key}"));
    }

    private static int s_next = 100_000;

    private static int Next() => Interlocked.Increment(ref s_next);
}
