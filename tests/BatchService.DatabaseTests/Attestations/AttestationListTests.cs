using System.Net;
using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>GET /attestations</c>: pages.</summary>
public sealed class AttestationListTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Lists_an_empty_store_as_an_empty_page()
    {
        var answer = await fixture.Client.GetAnswerAsync("/attestations");

        Assert.Equal("""{"attestations":[],"next_cursor":null}""", answer.Text);
    }

    [Fact]
    public async Task Pages_through_all_newest_first()
    {
        await FillAsync(25);

        var pages = await PagesAsync("/attestations?limit=10");

        Assert.Equal([10, 10, 5], pages.Select(page => page.Count));
        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(index => $"s{index}"), pages.SelectMany(page => page).Select(one => one.Subject()));
    }

    [Fact]
    public async Task Has_no_next_page_after_a_last_one_that_is_full()
    {
        await FillAsync(20);

        Assert.Equal([10, 10], (await PagesAsync("/attestations?limit=10")).Select(page => page.Count));
    }

    [Fact]
    public async Task Pages_through_those_of_one_time_without_gap_or_repetition()
    {
        await fixture.Client.CreateAsync(Enumerable.Range(0, 95).Select(index => new { subjects = new[] { $"s{index}" }, timestamp = "2026-01-01T00:00:00.123456Z" }));

        var all = (await PagesAsync("/attestations?limit=9")).SelectMany(page => page).Select(one => one.Id()).ToList();

        Assert.Equal(95, all.Count);
        Assert.Equal(all.Distinct(StringComparer.Ordinal), all);
        Assert.Equal((await fixture.IdsAsync()).ToHashSet(), all.ToHashSet());
    }

    [Fact]
    public async Task Neither_repeats_nor_leaves_out_any_while_others_are_inserted()
    {
        await FillAsync(200);
        var expected = (await fixture.IdsAsync()).ToHashSet();
        using var stop = new CancellationTokenSource();
        var inserting = Task.Run(async () =>
        {
            for (var index = 0; !stop.IsCancellationRequested; index++)
            {
                // Newer than all, older than all, and in the midst of them.
                string[] times = ["2027-01-01T00:00:00Z", "2020-01-01T00:00:00Z", $"2026-01-01T00:{index % 60:00}:00.5Z"];
                await fixture.Client.CreateAsync(times.Select(timestamp => new { subjects = new[] { "new" }, timestamp }));
            }
        });
        await Rows.RowsWait.UntilAsync(async () => await fixture.CountAsync() > 200);

        var found = (await PagesAsync("/attestations?limit=7&time_start=2025-01-01T00:00:00Z")).SelectMany(page => page).ToList();

        await stop.CancelAsync();
        await inserting;
        Assert.Equal(found.Count, found.Select(one => one.Id()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(expected, found.Where(one => one.Subject() != "new").Select(one => one.Id()).ToHashSet());
    }

    [Fact]
    public async Task Filters_by_everything_that_a_query_filters_by()
    {
        await fixture.Client.CreateAsync(
        [
            new { subjects = new[] { "a" }, predicates = new[] { "p" }, contexts = new[] { "Straße" }, actors = new[] { "x" }, timestamp = "2026-01-01T00:00:00Z" },
            new { subjects = new[] { "b" }, predicates = new[] { "p" }, contexts = new[] { "É" }, actors = new[] { "y" }, timestamp = "2026-01-02T00:00:00Z" },
            new { subjects = new[] { "c" }, predicates = new[] { "q" }, contexts = new[] { "é" }, actors = new[] { "x" }, timestamp = "2026-01-03T00:00:00Z" },
        ]);

        Assert.Equal("ba", await SubjectsAsync("subject=a&subject=b"));
        Assert.Equal("ba", await SubjectsAsync("predicate=p"));
        Assert.Equal("cb", await SubjectsAsync("context=%C3%89"));
        Assert.Equal("a", await SubjectsAsync("context=STRA%C3%9FE"));
        Assert.Equal("ca", await SubjectsAsync("actor=x"));
        Assert.Equal("cb", await SubjectsAsync("time_start=2026-01-02T00:00:00Z"));
        Assert.Equal("ba", await SubjectsAsync("time_end=2026-01-02T02:00:00%2B02:00"));
        Assert.Equal("a", await SubjectsAsync("predicate=p&actor=x"));
        Assert.Equal("", await SubjectsAsync("predicate=q&actor=y"));
    }

    [Fact]
    public async Task Keeps_the_filter_from_page_to_page()
    {
        await FillAsync(30);
        await fixture.Client.CreateAsync(Enumerable.Range(0, 9).Select(_ => new { subjects = new[] { "only" } }));

        var pages = await PagesAsync("/attestations?subject=only&limit=4");

        Assert.Equal([4, 4, 1], pages.Select(page => page.Count));
        Assert.All(pages.SelectMany(page => page), one => Assert.Equal("only", one.Subject()));
    }

    [Fact]
    public async Task Gives_50_unless_asked_for_up_to_500()
    {
        await FillAsync(501);

        Assert.Equal(50, (await fixture.Client.GetAnswerAsync("/attestations")).Created().Count);
        Assert.Equal(500, (await fixture.Client.GetAnswerAsync("/attestations?limit=500")).Created().Count);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=501")]
    [InlineData("limit=ten")]
    [InlineData("cursor=abc")]
    [InlineData("cursor=WyJhIiwiYiJd")]
    [InlineData("time_start=yesterday")]
    [InlineData("time_end=2026-01-01")]
    [InlineData("subject=")]
    [InlineData("subject=%00")]
    [InlineData("subjects=a")]
    [InlineData("offset=5")]
    public async Task Refuses_a_wrong_parameter(string query)
    {
        var answer = await fixture.Client.GetAnswerAsync($"/attestations?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.Status, answer.MediaType));
    }

    [Fact]
    public async Task Says_that_it_waited_for_a_lock_and_that_a_repetition_can_help()
    {
        await using var connection = await fixture.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand("LOCK TABLE batch.attestation IN ACCESS EXCLUSIVE MODE", connection);
        await locking.ExecuteNonQueryAsync();

        var answer = await fixture.Client.GetAnswerAsync("/attestations");

        Assert.Equal((HttpStatusCode.Conflict, "LOCK_TIMEOUT", true), (answer.Status, answer.Code, answer.Root.GetProperty("retryable").GetBoolean()));
    }

    private Task FillAsync(int count) => fixture.Client.CreateAsync(
        Enumerable.Range(0, count).Select(index => new { subjects = new[] { $"s{index}" }, timestamp = $"2026-01-01T{index / 60 % 24:00}:{index % 60:00}:00Z" }));

    private async Task<string> SubjectsAsync(string query)
    {
        var answer = await fixture.Client.GetAnswerAsync($"/attestations?{query}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return string.Concat(answer.Created().Select(one => one.Subject()));
    }

    private async Task<List<IReadOnlyList<JsonElement>>> PagesAsync(string path)
    {
        var pages = new List<IReadOnlyList<JsonElement>>();
        string? cursor = null;
        do
        {
            var page = await fixture.Client.GetAnswerAsync(cursor is null ? path : $"{path}&cursor={cursor}");
            Assert.True(page.Status == HttpStatusCode.OK, page.Text);
            pages.Add(page.Created());
            cursor = page.Root.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        return pages;
    }
}
