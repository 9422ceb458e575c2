namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Browsing, searching and observing.</summary>
public sealed class BrowseTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Theory]
    [InlineData("", "6 5 4 3 2 1")]
    [InlineData("topic_prefix=auth/", "4 2")]
    [InlineData("topic_prefix=auth", "5 4 2")]
    [InlineData("topic_prefix=a%25", "6")]
    [InlineData("topic_prefix=zzz", "")]
    [InlineData("claims_status=distilled", "3")]
    [InlineData("claims_status=verified", "")]
    [InlineData("claims_status=pending&topic_prefix=auth/", "4 2")]
    [InlineData("author=dev", "6 5 4 3 2 1")]
    [InlineData("author=nobody", "")]
    [InlineData("sequence_min=3&sequence_max=5", "5 4 3")]
    [InlineData("fragment_of=P", "4")]
    [InlineData("has_friction_above=0.4", "3")]
    [InlineData("has_friction_above=0.5", "")]
    [InlineData("needs_review=true", "3")]
    [InlineData("needs_review=false&sequence_max=3", "2 1")]
    public async Task Browses_newest_first_by_every_filter(string filter, string expected)
    {
        var (id, parent) = await FillAsync();

        var reply = (await Client.GetAsync($"/notebooks/{id}/browse?{filter.Replace("P", $"{parent}", StringComparison.Ordinal)}")).Expect(200);

        Assert.Equal(expected, string.Join(' ', reply.All("entries", "causal_position")));
    }

    [Theory]
    [InlineData("claims_status=done")]
    [InlineData("sequence_min=x")]
    [InlineData("fragment_of=1")]
    [InlineData("has_friction_above=much")]
    [InlineData("has_friction_above=NaN")]
    [InlineData("needs_review=maybe")]
    [InlineData("limit=501")]
    [InlineData("limit=0")]
    [InlineData("cursor=bogus")]
    [InlineData("topic=a")]
    [InlineData("author=%00")]
    public async Task Refuses_filters_that_it_does_not_know_or_cannot_read(string filter) =>
        (await Client.GetAsync($"/notebooks/{Guid.NewGuid()}/browse?{filter}")).Expect(400);

    [Fact]
    public async Task Browses_page_by_page_whatever_is_written_meanwhile()
    {
        var (id, _) = await FillAsync();
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await Client.GetAsync($"/notebooks/{id}/browse?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            seen.AddRange(page.All("entries", "causal_position"));
            cursor = page["next_cursor"].GetString();
            await Client.AddAsync(id, "written meanwhile");
        }
        while (cursor is not null);

        Assert.Equal(["6", "5", "4", "3", "2", "1"], seen);
        Assert.Equal(500, (await BrowseManyAsync()).GetArrayLength());

        async Task<System.Text.Json.JsonElement> BrowseManyAsync()
        {
            for (var round = 0; round < 6; round++)
                (await Client.BatchAsync(id, [.. Enumerable.Repeat(NotebookClient.Entry(), 100)])).Expect(201);
            return (await Client.GetAsync($"/notebooks/{id}/browse?limit=500")).Expect(200)["entries"];
        }
    }

    [Fact]
    public async Task Finds_words_and_beginnings_of_words_with_snippets_best_first()
    {
        var id = await Client.CreateAsync();
        (await Client.BatchAsync(
            id,
            NotebookClient.Entry("Nothing of the kind."),
            NotebookClient.Entry($"{string.Join(' ', Enumerable.Repeat("filler", 300))} tokens are refreshed at example.com/auth {string.Join(' ', Enumerable.Repeat("filler", 300))}"),
            NotebookClient.Entry("Short.", "tokens/refresh"))).Expect(201);

        var found = (await Client.GetAsync($"/notebooks/{id}/search?query=REFR%20tok")).Expect(200);

        Assert.Equal(["3", "2"], found.All("entries", "causal_position"));
        var snippet = found["entries"][1].GetProperty("snippet").GetString()!;
        Assert.Contains("**tokens** are **refreshed**", snippet, StringComparison.Ordinal);
        Assert.InRange(snippet.Length, 1, 400);
        Assert.Equal(["2"], (await Client.GetAsync($"/notebooks/{id}/search?query=example.com/auth")).Expect(200).All("entries", "causal_position"));
        Assert.Empty((await Client.GetAsync($"/notebooks/{id}/search?query=kind%20tokens")).Expect(200).All("entries", "entry_id"));
        Assert.Equal(["3"], (await Client.GetAsync($"/notebooks/{id}/search?query=tok&topic_prefix=tokens")).Expect(200).All("entries", "causal_position"));
    }

    [Theory]
    [InlineData("!!!")]
    [InlineData("a & | b")]
    [InlineData("'")]
    [InlineData("\\")]
    [InlineData("a'b\\' : * <-> (")]
    [InlineData("&&& )(")]
    [InlineData("it's o'clock:* !no")]
    [InlineData("\u00e9\u4e2d\ud83d\ude00")]
    public async Task Searches_for_anything_that_somebody_may_type(string query)
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id, "it's five o'clock");

        (await Client.GetAsync($"/notebooks/{id}/search?query={Uri.EscapeDataString(query)}")).Expect(200);
    }

    [Theory]
    [InlineData("über")]
    [InlineData("ÜBERG")]
    [InlineData("ёлка")]
    [InlineData("ΜΑΡΊΑ")]
    public async Task Searches_without_regard_to_capitals_of_any_script(string query)
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id, "Der Übergang, Ёлка und Μαρία");

        Assert.Single((await Client.GetAsync($"/notebooks/{id}/search?query={Uri.EscapeDataString(query)}")).Expect(200).All("entries", "entry_id"));
    }

    [Fact]
    public async Task Refuses_to_search_for_more_words_than_it_would_look_for()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id, "word");
        static string Words(int count) => string.Join("%20", Enumerable.Repeat("word", count));

        Assert.Single((await Client.GetAsync($"/notebooks/{id}/search?query={Words(32)}")).Expect(200).All("entries", "entry_id"));
        var refused = (await Client.GetAsync($"/notebooks/{id}/search?query={Words(33)}")).Expect(400);
        Assert.Equal(("FIELD_INVALID", "The query parameter 'query' must not have more than 32 words"), (refused["code"].GetString(), refused.Error));
    }

    [Fact]
    public async Task Searches_page_by_page_also_among_equals_and_needs_a_query()
    {
        var id = await Client.CreateAsync();
        (await Client.BatchAsync(id, [.. Enumerable.Repeat(NotebookClient.Entry("the same words"), 5)])).Expect(201);
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await Client.GetAsync($"/notebooks/{id}/search?query=same&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            seen.AddRange(page.All("entries", "causal_position"));
            cursor = page["next_cursor"].GetString();
        }
        while (cursor is not null);

        Assert.Equal(["5", "4", "3", "2", "1"], seen);
        Assert.Equal("FIELD_MISSING", (await Client.GetAsync($"/notebooks/{id}/search")).Expect(400)["code"].GetString());
        (await Client.GetAsync($"/notebooks/{id}/search?query=")).Expect(400);
        (await Client.GetAsync($"/notebooks/{id}/search?query=a&limit=501")).Expect(400);
    }

    [Fact]
    public async Task Observes_what_came_after_a_position_in_causal_order()
    {
        var id = await Client.CreateAsync();
        var first = await Client.AddAsync(id, "first");
        await Client.AddAsync(id, "second");
        (await Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{first}", """{ "content": "revised" }""")).Expect(201);

        var all = (await Client.GetAsync($"/notebooks/{id}/observe?since=1")).Expect(200);

        Assert.Equal(["2", "3"], all.All("changes", "causal_position"));
        Assert.Equal(["write", "revise"], all.All("changes", "operation"));
        Assert.Equal(3, all["current_sequence"].GetInt32());
        Assert.Null(all["next_cursor"].GetString());
        Assert.Empty((await Client.GetAsync($"/notebooks/{id}/observe?since=3")).Expect(200).All("changes", "entry_id"));
        var page = (await Client.GetAsync($"/notebooks/{id}/observe?limit=2")).Expect(200);
        Assert.Equal(["1", "2"], page.All("changes", "causal_position"));
        var next = (await Client.GetAsync($"/notebooks/{id}/observe?limit=2&cursor={page["next_cursor"].GetString()}")).Expect(200);
        Assert.Equal(["3"], next.All("changes", "causal_position"));
        (await Client.GetAsync($"/notebooks/{id}/observe?since=-1")).Expect(400);
    }

    /// <summary>Six entries; the third has claims and friction, the fourth is a fragment.</summary>
    private async Task<(Guid Notebook, Guid Parent)> FillAsync()
    {
        var (id, parent) = (await Client.CreateAsync(), Guid.CreateVersion7());
        var ids = (await Client.BatchAsync(
            id,
            NotebookClient.Entry("no topic", id: parent),
            NotebookClient.Entry("two", "auth/tokens"),
            NotebookClient.Entry("three", "other"),
            $$"""{ "content": "four", "topic": "auth/keys", "fragment_of": "{{parent}}", "fragment_index": 0 }""",
            NotebookClient.Entry("five", "authors"),
            NotebookClient.Entry("six", "a%b"))).Expect(201).All("results", "entry_id");
        (await Client.ClaimAsync(id, Guid.Parse(ids[2]))).Expect(200);
        await service.RunAsync("UPDATE batch.entry SET max_friction = 0.5, needs_review = true WHERE notebook_id = $1 AND causal_position = 3", id);
        return (id, parent);
    }
}
