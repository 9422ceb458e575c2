using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Frames;

public sealed class AtlasEndpointTests : IAsyncLifetime
{
    private readonly AtlasFixture _service = new();

    public Task InitializeAsync() => _service.InitializeAsync();

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Before_the_first_build_the_atlas_is_empty()
    {
        await _service.AddFrameAsync("a", "2026-01-01T00:00:00Z", "main");

        var reply = await AtlasReply.GetAsync(_service.Client);

        Assert.Equal(200, reply.Status);
        Assert.Equal("application/json", reply.Response.Content.Headers.ContentType?.ToString());
        Equal(
            """{"nodes":[],"edges":[],"metadata":{"buildTimestamp":null,"frameCount":0,"edgeCount":0},"next_cursor":null}""",
            reply.Body);
    }

    [Fact]
    public async Task A_rebuild_answers_the_graph_of_all_frames_and_after_it_everybody_gets_it()
    {
        await AddFiveAsync();
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var built = await AtlasReply.RebuildAsync(_service.Client);
        var read = await AtlasReply.GetAsync(_service.Client);

        Assert.Equal(200, built.Status);
        Assert.InRange((DateTimeOffset)built.Body["metadata"]!["buildTimestamp"]!, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Equal(
            """
            [{"frameId":"Z","timestamp":"2026-03-01T00:00:00Z","moduleScope":[],"branch":"lone"},
             {"frameId":"a","timestamp":"2026-01-01T00:00:00Z","moduleScope":["auth","core","auth"],"branch":"main"},
             {"frameId":"b","timestamp":"2026-01-01T00:30:00.5Z","moduleScope":["auth"],"branch":"side"},
             {"frameId":"c","timestamp":"2026-02-01T00:00:00Z","moduleScope":[],"branch":"main"},
             {"frameId":"ö \"q\"","timestamp":"2026-02-05T00:00:00Z","moduleScope":["core"],"branch":"rare"}]
            """,
            built.Nodes);
        Equal(
            """
            [{"from":"a","to":"b","weight":0.8,"reason":"temporal_proximity"},
             {"from":"a","to":"c","weight":0.2,"reason":"branch_relation"},
             {"from":"a","to":"ö \"q\"","weight":0.5,"reason":"module_overlap"},
             {"from":"c","to":"ö \"q\"","weight":0.2,"reason":"temporal_proximity"}]
            """,
            built.Edges);
        Assert.Equal(5, (int)built.Body["metadata"]!["frameCount"]!);
        Assert.Equal(4, (int)built.Body["metadata"]!["edgeCount"]!);
        Assert.Null(built.NextCursor);
        Equal(built.Body.ToJsonString(), read.Body);
    }

    [Fact]
    public async Task Frames_that_come_go_or_change_are_seen_after_the_next_rebuild()
    {
        await AddFiveAsync();
        var first = await AtlasReply.RebuildAsync(_service.Client);
        await _service.AddFrameAsync("c", "2026-02-01T00:00:00Z", "other");
        await _service.AddFrameAsync("d", "2027-02-01T00:00:00Z", "main");
        await AtlasDatabase.ScalarAsync(_service.Database, "DELETE FROM batch.frame WHERE id = 'b'");

        var read = await AtlasReply.GetAsync(_service.Client);
        var second = await AtlasReply.RebuildAsync(_service.Client);

        Equal(first.Body.ToJsonString(), read.Body);
        Assert.Equal(["Z", "a", "c", "d", "ö \"q\""], second.Nodes.Select(node => (string)node!["frameId"]!));
        Assert.Equal(["a-d", "a-ö \"q\"", "c-ö \"q\""], second.Edges.Select(edge => $"{edge!["from"]}-{edge["to"]}"));
    }

    [Fact]
    public async Task Two_rebuilds_of_the_same_frames_give_the_same_nodes_and_edges()
    {
        await AddManyAsync(300);
        var first = await AtlasReply.RebuildAsync(_service.Client);
        // The same frames in another order on disk.
        await AtlasDatabase.ScalarAsync(_service.Database, "UPDATE batch.frame SET branch = branch WHERE left(md5(id), 1) < '8'");

        var second = await AtlasReply.RebuildAsync(_service.Client);

        Assert.NotEmpty(first.Edges);
        Assert.Equal(first.Nodes.ToJsonString(), second.Nodes.ToJsonString());
        Assert.Equal(first.Edges.ToJsonString(), second.Edges.ToJsonString());
        Assert.NotEqual((string?)first.Body["metadata"]!["buildTimestamp"], (string?)second.Body["metadata"]!["buildTimestamp"]);
    }

    [Fact]
    public async Task No_frames_are_an_atlas_too()
    {
        var reply = await AtlasReply.RebuildAsync(_service.Client);

        Assert.Empty(reply.Nodes);
        Assert.Empty(reply.Edges);
        Assert.NotNull((string?)reply.Body["metadata"]!["buildTimestamp"]);
        Equal(reply.Body.ToJsonString(), (await AtlasReply.GetAsync(_service.Client)).Body);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(1_000)]
    public async Task The_pages_add_up_to_the_whole_nodes_first(int limit)
    {
        await AddManyAsync(60);
        var whole = await AtlasReply.RebuildAsync(_service.Client);
        var elements = new List<string>();

        for (string? cursor = ""; cursor is not null;)
        {
            var page = await AtlasReply.GetAsync(_service.Client, $"?limit={limit}{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}");
            Assert.InRange(page.Nodes.Count + page.Edges.Count, 1, limit);
            Assert.Equal(whole.Body["metadata"]!.ToJsonString(), page.Body["metadata"]!.ToJsonString());
            elements.AddRange(page.Nodes.Concat(page.Edges).Select(element => element!.ToJsonString()));
            cursor = page.NextCursor;
        }

        Assert.Equal(60 + (int)whole.Body["metadata"]!["edgeCount"]!, elements.Count);
        Assert.Equal(whole.Nodes.Concat(whole.Edges).Select(element => element!.ToJsonString()), elements);
    }

    [Fact]
    public async Task A_rebuild_answers_its_first_page_of_the_size_asked_for()
    {
        await AddFiveAsync();

        var first = await AtlasReply.RebuildAsync(_service.Client, "?limit=3");
        var second = await AtlasReply.GetAsync(_service.Client, $"?limit=3&cursor={first.NextCursor}");

        Assert.Equal((3, 0), (first.Nodes.Count, first.Edges.Count));
        Assert.Equal((2, 1), (second.Nodes.Count, second.Edges.Count));
    }

    [Fact]
    public async Task A_cursor_of_an_older_build_is_refused()
    {
        await AddFiveAsync();
        var old = await AtlasReply.RebuildAsync(_service.Client, "?limit=2");
        await AtlasReply.RebuildAsync(_service.Client);

        var reply = await AtlasReply.GetAsync(_service.Client, $"?cursor={old.NextCursor}");

        Refused(reply, "FIELD_INVALID", "The atlas was rebuilt since this 'cursor' was given; begin again without one");
    }

    [Theory]
    [InlineData("?limit=0", "FIELD_INVALID")]
    [InlineData("?limit=500001", "FIELD_INVALID")]
    [InlineData("?limit=", "FIELD_INVALID")]
    [InlineData("?cursor=", "FIELD_INVALID")]
    [InlineData("?cursor=x", "FIELD_INVALID")]
    // ["1","2"], ["1","-1","0","0"], ["1","","6","0"], ["1","","0","2147483647"], ["1","6","0","0"]
    [InlineData("?cursor=WyIxIiwiMiJd", "FIELD_INVALID")]
    [InlineData("?cursor=WyIxIiwiLTEiLCIwIiwiMCJd", "FIELD_INVALID")]
    [InlineData("?cursor=WyIxIiwiIiwiNiIsIjAiXQ", "FIELD_INVALID")]
    [InlineData("?cursor=WyIxIiwiIiwiMCIsIjIxNDc0ODM2NDciXQ", "FIELD_INVALID")]
    [InlineData("?cursor=WyIxIiwiNiIsIjAiLCIwIl0", "FIELD_INVALID")]
    [InlineData("?depth=1", "FIELD_UNKNOWN")]
    public async Task A_query_that_makes_no_sense_is_refused(string query, string code)
    {
        await AddFiveAsync();
        await AtlasReply.RebuildAsync(_service.Client);

        Refused(await AtlasReply.GetAsync(_service.Client, query), code);
    }

    [Theory]
    [InlineData("?limit=0", "FIELD_INVALID")]
    [InlineData("?cursor=x", "FIELD_UNKNOWN")]
    public async Task A_rebuild_that_is_refused_is_not_asked_for(string query, string code)
    {
        Refused(await AtlasReply.RebuildAsync(_service.Client, query), code);

        Assert.Equal(0, await AtlasDatabase.NumberAsync(_service.Database, "requested"));
    }

    /// <summary>Places at the very end of nodes and edges are places: nothing comes behind them.</summary>
    [Theory]
    [InlineData("WyIxIiwiIiwiNSIsIjUiXQ", 0)]
    [InlineData("WyIxIiwiIiwiMCIsIjUiXQ", 4)]
    [InlineData("WyIxIiwiNSIsIjAiLCIwIl0", 4)]
    public async Task A_cursor_at_the_end_gives_what_is_behind_it(string cursor, int edges)
    {
        await AddFiveAsync();
        await AtlasReply.RebuildAsync(_service.Client);

        var reply = await AtlasReply.GetAsync(_service.Client, $"?cursor={cursor}");

        Assert.Equal((0, edges), (reply.Nodes.Count, reply.Edges.Count));
    }

    private static void Refused(AtlasReply reply, string code, string? detail = null)
    {
        Assert.Equal(400, reply.Status);
        Assert.Equal("application/problem+json", reply.Response.Content.Headers.ContentType?.ToString());
        Assert.Equal(code, (string?)reply.Body["code"]);
        Assert.Equal(detail ?? (string?)reply.Body["detail"], (string?)reply.Body["detail"]);
    }

    private static void Equal(string expected, JsonNode actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());

    private async Task AddFiveAsync()
    {
        await _service.AddFrameAsync("ö \"q\"", "2026-02-05T00:00:00Z", "rare", "core");
        await _service.AddFrameAsync("c", "2026-02-01T00:00:00Z", "main");
        await _service.AddFrameAsync("b", "2026-01-01T02:30:00.5+02:00", "side", "auth");
        await _service.AddFrameAsync("a", "2026-01-01T00:00:00Z", "main", "auth", "core", "auth");
        await _service.AddFrameAsync("Z", "2026-03-01T00:00:00Z", "lone");
    }

    private async Task AddManyAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _service.AddFrameAsync(
                $"frame-{i * 37 % 101}-{i}", $"2026-0{1 + (i % 9)}-0{1 + (i % 7)}T0{i % 10}:00:00Z", $"branch-{i % 11}", $"m{i % 5}", $"n{i % 17}");
        }
    }
}
