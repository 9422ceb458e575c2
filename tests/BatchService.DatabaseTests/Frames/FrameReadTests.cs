using System.Text.Json.Nodes;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary>One frame, pages of frames, and their numbers.</summary>
public sealed class FrameReadTests(FramesFixture service) : IClassFixture<FramesFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => service.ExecuteAsync("TRUNCATE batch.frame");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Gives_a_frame_as_it_came_in_the_order_of_its_fields()
    {
        var frame = Frame("a", ("timestamp", "2026-01-31T10:00:00.120+02:00"), ("spend", JsonNode.Parse("""{ "prompts": 3.0, "tokens_estimated": 15e2 }""")));

        (await service.Client.PostFramesAsync([frame])).Expect(200);

        var reply = (await service.Client.GetFramesAsync("/frames/a")).Expect(200);
        Assert.Equal("application/json", reply.MediaType);
        Assert.Equal("2026-01-31T10:00:00.120+02:00", reply.Body.GetProperty("timestamp").GetString());
        Assert.Equal(3, reply.Body.GetProperty("spend").GetProperty("prompts").GetDouble());
        Assert.Equal(1_500, reply.Body.GetProperty("spend").GetProperty("tokens_estimated").GetDouble());
        Assert.Equal(
            ["id", "timestamp", "branch", "module_scope", "summary_caption", "reference_point", "status_snapshot", "spend"],
            reply.Body.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Answers_404_for_a_frame_that_is_not_there()
    {
        foreach (var path in new[] { "/frames/none", $"/frames/{new string('x', 501)}" })
            Assert.Equal("NOT_FOUND", (await service.Client.GetFramesAsync(path)).Expect(404).Code);
    }

    [Theory]
    [InlineData("100%")]
    [InlineData("a b+c?d#e&f=g")]
    [InlineData("ü日本😀")]
    [InlineData("'; DROP TABLE batch.frame; --")]
    [InlineData("a\nb\\c\"d")]
    [InlineData("batch")]
    [InlineData("..a")]
    [InlineData(" ")]
    public async Task Finds_changes_and_removes_a_frame_whatever_its_id_is(string id)
    {
        (await service.Client.PostFramesAsync([Frame(id), Frame("other")])).Expect(200);
        var path = $"/frames/{Uri.EscapeDataString(id)}";

        Assert.Equal(id, (await service.Client.GetFramesAsync(path)).Expect(200).Body.GetProperty("id").GetString());
        Assert.Equal("X", (await service.Client.CallAsync(HttpMethod.Patch, path, """{ "jira": "X" }""")).Expect(200).Body.GetProperty("jira").GetString());
        (await service.Client.CallAsync(HttpMethod.Delete, path)).Expect(204);
        (await service.Client.GetFramesAsync(path)).Expect(404);
        Assert.Equal(1, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Lists_the_newest_first_page_by_page_without_loss_or_repetition()
    {
        var frames = Enumerable.Range(0, 25).Select(index => Frame($"f{index:00}", ("timestamp", $"2026-01-{(index / 5) + 1:00}T00:00:00Z")));
        await service.Client.PostFramesAsync(frames);

        var ids = new List<string?>();
        string? cursor = null;
        do
        {
            var page = (await service.Client.GetFramesAsync($"/frames?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            Assert.InRange(page.Ids.Count, 1, 7);
            ids.AddRange(page.Ids);
            cursor = page.Body.GetProperty("next_cursor").GetString();

            // What comes meanwhile shifts nothing.
            await service.Client.PostFramesAsync([Frame($"new{ids.Count}", ("timestamp", "2027-01-01T00:00:00Z"))]);
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(index => $"f{24 - index:00}"), ids);
    }

    [Theory]
    [InlineData("branch=main", "e a")]
    [InlineData("branch=MAIN", "")]
    [InlineData("branch=feature%2Fx", "d b")]
    [InlineData("module=core", "d c a")]
    [InlineData("module=co", "")]
    [InlineData("module=core&branch=main", "a")]
    [InlineData("jira=L-1", "c b")]
    [InlineData("user_id=ann", "d")]
    [InlineData("since=2026-01-03T00:00:00Z", "e d c")]
    [InlineData("since=2026-01-03T02:00:00%2B02:00", "e d c")]
    [InlineData("until=2026-01-03T00:00:00Z", "c b a")]
    [InlineData("since=2026-01-02T00:00:00Z&until=2026-01-04T00:00:00Z&module=core", "d c")]
    [InlineData("query=recall", "d a")]
    [InlineData("query=REC", "d a")]
    [InlineData("query=rec+hyph", "a")]
    [InlineData("query=hyph%20rec", "a")]
    [InlineData("query=call", "")]
    [InlineData("query=keyworded", "b")]
    [InlineData("query=blocked", "c")]
    [InlineData("query=deploying", "e")]
    [InlineData("query=ax-002", "a")]
    [InlineData("query=%C3%BCber", "e")]
    [InlineData("query=%C3%9CBER", "e")]
    [InlineData("query=%27+%26+%21+%7C+%3A%2A+%28+%3C-%3E+%5C", "")]
    [InlineData("query=%F0%9F%98%80", "")]
    [InlineData("query=%25", "")]
    [InlineData("query=%20", "e d c b a")]
    [InlineData("query=recall%27%20%7C%20%27x", "")]
    [InlineData("query=", "e d c b a")]
    [InlineData("query=mergeonly", "")]
    public async Task Shows_what_meets_every_filter(string query, string ids)
    {
        await service.Client.PostFramesAsync(
        [
            Frame("a", ("timestamp", "2026-01-01T00:00:00Z"), ("summary_caption", "Fixed recall: hyphen handling"), ("reference_point", "ax-002-fix")),
            Frame("b", ("timestamp", "2026-01-02T00:00:00Z"), ("branch", "feature/x"), ("module_scope", new JsonArray("ui")), ("jira", "L-1"), ("keywords", new JsonArray("Keyworded"))),
            Frame("c", ("timestamp", "2026-01-03T00:00:00Z"), ("branch", "next"), ("module_scope", new JsonArray("ui", "core")), ("jira", "L-1"),
                ("status_snapshot", JsonNode.Parse("""{ "next_action": "x", "blockers": ["blocked"], "merge_blockers": ["mergeonly"] }"""))),
            Frame("d", ("timestamp", "2026-01-04T00:00:00Z"), ("branch", "feature/x"), ("userId", "ann"), ("reference_point", "recall")),
            Frame("e", ("timestamp", "2026-01-05T00:00:00Z"), ("module_scope", new JsonArray()), ("status_snapshot", JsonNode.Parse("""{ "next_action": "Deploying Über" }"""))),
        ]);

        Assert.Equal(ids, string.Join(' ', (await service.Client.GetFramesAsync($"/frames?{query}")).Expect(200).Ids));
    }

    [Fact]
    public async Task Tells_long_branches_apart_that_begin_alike()
    {
        var beginning = new string('b', 150);
        await service.Client.PostFramesAsync([Frame("a", ("branch", beginning + "1")), Frame("b", ("branch", beginning + "2"))]);

        Assert.Equal(["b"], (await service.Client.GetFramesAsync($"/frames?branch={beginning}2")).Expect(200).Ids);
    }

    [Theory]
    [InlineData("colour=blue", "FIELD_UNKNOWN")]
    [InlineData("limit=0", "FIELD_INVALID")]
    [InlineData("limit=501", "FIELD_INVALID")]
    [InlineData("cursor=x", "FIELD_INVALID")]
    [InlineData("cursor=WyJhIiwiYiJd", "FIELD_INVALID")]
    [InlineData("since=yesterday", "FIELD_INVALID")]
    [InlineData("until=2026-01-01", "FIELD_INVALID")]
    [InlineData("branch=a&branch=b", "FIELD_INVALID")]
    [InlineData("branch=%00", "FIELD_INVALID")]
    public async Task Refuses_parameters_that_it_cannot_read(string query, string code) =>
        Assert.Equal(code, (await service.Client.GetFramesAsync($"/frames?{query}")).Expect(400).Code);

    [Fact]
    public async Task Ends_a_page_of_large_frames_early()
    {
        static JsonArray Large() => new([.. Enumerable.Range(0, 1_000).Select(_ => JsonValue.Create(new string('x', 500)))]);
        var lists = new[] { "feature_flags", "permissions", "image_ids", "toolCalls", "merged_from", "module_scope" };
        for (var index = 0; index < 6; index++)
            (await service.Client.PostFramesAsync([Frame($"f{index}", [.. lists.Select(name => (name, (JsonNode?)Large()))])])).Expect(200);

        var first = (await service.Client.GetFramesAsync("/frames")).Expect(200);
        var second = (await service.Client.GetFramesAsync($"/frames?cursor={first.Body.GetProperty("next_cursor").GetString()}")).Expect(200);

        // 3 MB each: the third makes the page longer than 8 MiB, and is the last.
        Assert.Equal(["f5", "f4", "f3"], first.Ids);
        Assert.Equal(["f2", "f1", "f0"], second.Ids);
        Assert.Null(second.Body.GetProperty("next_cursor").GetString());
    }

    [Fact]
    public async Task Counts_frames_by_branch_module_and_user()
    {
        Assert.Equal(
            """{"total":0,"oldest":null,"newest":null,"branches":0,"modules":0,"users":0,"byBranch":[],"byModule":[],"byUser":[]}""",
            (await service.Client.GetFramesAsync("/frames/stats")).Expect(200).Text);
        await service.Client.PostFramesAsync(
        [
            Frame("a", ("timestamp", "2026-01-01T00:00:00Z"), ("module_scope", new JsonArray("ui", "core", "ui"))),
            Frame("b", ("timestamp", "2026-01-03T00:00:00.5Z"), ("userId", "ann")),
            Frame("c", ("branch", "next \"x\""), ("timestamp", "2026-01-02T00:00:00Z"), ("module_scope", new JsonArray())),
        ]);

        Assert.Equal(
            """{"total":3,"oldest":"2026-01-01T00:00:00Z","newest":"2026-01-03T00:00:00.5Z","branches":2,"modules":2,"users":1"""
            + ""","byBranch":[{"branch":"main","count":2},{"branch":"next \"x\"","count":1}]"""
            + ""","byModule":[{"module":"core","count":2},{"module":"ui","count":1}],"byUser":[{"userId":"ann","count":1}]}""",
            (await service.Client.GetFramesAsync("/frames/stats")).Expect(200).Text);
        (await service.Client.GetFramesAsync("/frames/stats?x=1")).Expect(400);
    }

    [Fact]
    public async Task Bounds_the_lists_of_the_numbers()
    {
        await service.Client.PostFramesAsync(Enumerable.Range(0, 150).Select(index => Frame($"f{index}", ("branch", $"b{index}"))));

        var numbers = (await service.Client.GetFramesAsync("/frames/stats")).Expect(200).Body;

        Assert.Equal((150, 100), (numbers.GetProperty("branches").GetInt32(), numbers.GetProperty("byBranch").GetArrayLength()));
    }
}
