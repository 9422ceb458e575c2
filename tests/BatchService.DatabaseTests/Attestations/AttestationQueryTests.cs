using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations/batch/query</c>: filters.</summary>
public sealed class AttestationQueryTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        var answer = await fixture.Client.CreateAsync(
        [
            One("ann", "likes", ["work"], "bob", 1),
            One("ann", "knows", ["Work", "Home"], "eve", 2),
            One("ben", "likes", ["École"], "bob", 3),
            One("a%", "likes_", ["école"], "b*b", 4),
            One("Ann", "Likes", ["other"], "Bob", 5),
        ]);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Finds_one_of_the_values_inside_a_field()
    {
        Assert.Equal([3, 2, 1], await DaysAsync(new { subjects = new[] { "ann", "ben", "nobody" } }));
        Assert.Equal([3, 2, 1], await DaysAsync(new { predicates = new[] { "likes", "knows" } }));
        Assert.Equal([4, 3, 1], await DaysAsync(new { actors = new[] { "bob", "b*b" } }));
    }

    [Fact]
    public async Task Counts_filters_in_the_headers()
    {
        var answer = await fixture.Client.PostAsync("/attestations/batch/query", new { filters = new object[] { new { }, new { limit = 1 } } });
        var refused = await fixture.Client.PostAsync("/attestations/batch/query", new { filters = new object[] { new { }, new { limit = "x" } } });

        Assert.Equal((2, "2", "0"), (answer.Root.GetArrayLength(), answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.Equal((HttpStatusCode.BadRequest, "0"), (refused.Status, refused.Header("Batch-Succeeded")));
    }

    [Fact]
    public async Task Finds_one_that_has_several_of_the_subjects_once_and_the_newest_of_all_subjects()
    {
        await fixture.Client.CreateAsync([new { subjects = new[] { "ann", "ben" }, timestamp = "2026-01-09T00:00:00Z" }]);

        Assert.Equal([9, 3, 2, 1], await DaysAsync(new { subjects = new[] { "ann", "ben", "ann" } }));
        Assert.Equal([9, 3], await DaysAsync(new { subjects = new[] { "ann", "ben" }, limit = 2 }));
        Assert.Equal([9, 2, 1], await DaysAsync(new { subjects = new[] { "ann" } }));
    }

    [Fact]
    public async Task Wants_all_fields_that_are_given()
    {
        Assert.Equal([1], await DaysAsync(new { subjects = new[] { "ann", "ben" }, predicates = new[] { "likes" }, contexts = new[] { "work" } }));
        Assert.Equal([2], await DaysAsync(new { subjects = new[] { "ann" }, actors = new[] { "eve" } }));
        Assert.Empty(await DaysAsync(new { subjects = new[] { "ben" }, actors = new[] { "eve" } }));
    }

    [Fact]
    public async Task Finds_any_value_of_a_list()
    {
        Assert.Equal([2], await DaysAsync(new { contexts = new[] { "home" } }));
        await fixture.Client.CreateAsync([new { subjects = new[] { "x", "needle", "y" }, predicates = new[] { "p", "q" }, actors = new[] { "m", "n" } }]);
        Assert.Single(await fixture.Client.FindAsync(new { subjects = new[] { "needle" }, predicates = new[] { "q" }, actors = new[] { "n" } }));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("a_n")]
    [InlineData("*")]
    [InlineData("ANN")]
    [InlineData("an")]
    public async Task Takes_wildcards_and_case_literally(string subject) => Assert.Empty(await DaysAsync(new { subjects = new[] { subject } }));

    [Fact]
    public async Task Finds_wildcards_as_they_are()
    {
        Assert.Equal([4], await DaysAsync(new { subjects = new[] { "a%" } }));
        Assert.Equal([4], await DaysAsync(new { predicates = new[] { "likes_" } }));
        Assert.Equal([4], await DaysAsync(new { actors = new[] { "b*b" } }));
    }

    [Theory]
    [InlineData("work", 2, 1)]
    [InlineData("WORK", 2, 1)]
    [InlineData("WoRk", 2, 1)]
    [InlineData("école", 4, 3)]
    [InlineData("ÉCOLE", 4, 3)]
    [InlineData("École", 4, 3)]
    public async Task Finds_contexts_whatever_their_case(string context, params int[] days) =>
        Assert.Equal(days, await DaysAsync(new { contexts = new[] { context } }));

    [Fact]
    public async Task Does_not_take_an_accent_for_a_matter_of_case() => Assert.Empty(await DaysAsync(new { contexts = new[] { "ecole" } }));

    [Theory]
    [InlineData("2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z", 4, 3, 2)]
    [InlineData("2026-01-02T00:00:00.000001Z", "2026-01-03T23:59:59.999999Z", 3)]
    [InlineData("2026-01-02T02:00:00+02:00", "2026-01-02T00:00:00Z", 2)]
    [InlineData("2026-01-04T00:00:00Z", null, 5, 4)]
    [InlineData(null, "2026-01-02T00:00:00Z", 2, 1)]
    [InlineData("2026-01-04T00:00:00Z", "2026-01-02T00:00:00Z")]
    public async Task Includes_both_ends_of_the_time(string? start, string? end, params int[] days) =>
        Assert.Equal(days, await DaysAsync(new { time_start = start, time_end = end }));

    [Fact]
    public async Task Gives_the_newest_first_and_no_more_than_the_limit()
    {
        Assert.Equal([5, 4, 3, 2, 1], await DaysAsync(new { }));
        Assert.Equal([5, 4], await DaysAsync(new { limit = 2 }));
        Assert.Equal([3, 1], await DaysAsync(new { predicates = new[] { "likes" }, limit = 2 }));
    }

    [Fact]
    public async Task Orders_those_of_the_same_time_by_id()
    {
        await fixture.ClearAsync();
        foreach (var number in new[] { 2, 9, 4 })
            await fixture.InsertAsync(AttestationsFixture.IdOf(number));

        Assert.Equal(
            [AttestationsFixture.IdOf(9), AttestationsFixture.IdOf(4), AttestationsFixture.IdOf(2)],
            (await fixture.Client.FindAsync(new { })).Select(one => one.Id()));
    }

    [Fact]
    public async Task Answers_each_filter_with_an_array_of_its_own()
    {
        var answer = await fixture.Client.PostAsync("/attestations/batch/query", new
        {
            filters = new object[] { new { subjects = new[] { "ben" } }, new { subjects = new[] { "nobody" } }, new { actors = new[] { "eve" } } },
        });

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([1, 0, 1], answer.Root.EnumerateArray().Select(found => found.GetArrayLength()));
        Assert.Equal(("ben", "ann"), (answer.Root[0][0].Subject(), answer.Root[2][0].Subject()));
    }

    [Fact]
    public async Task Answers_no_filters_with_no_arrays() =>
        Assert.Equal("[]", (await fixture.Client.PostRawAsync("/attestations/batch/query", """{"filters":[]}""")).Text);

    [Fact]
    public async Task Gives_10_000_when_asked_for_them()
    {
        await fixture.Client.CreateAsync(Enumerable.Repeat(new { subjects = new[] { "many" } }, 10_005));

        Assert.Equal(10_000, (await fixture.Client.FindAsync(new { subjects = new[] { "many" }, limit = 10_000 })).Count);
        Assert.Equal(100, (await fixture.Client.FindAsync(new { subjects = new[] { "many" } })).Count);
    }

    [Fact]
    public async Task Reports_everything_that_is_wrong_with_the_filters()
    {
        var answer = await fixture.Client.PostRawAsync(
            "/attestations/batch/query", """{"filters":[{"limit":10001},{},{"subjects":[""],"colour":1}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(
            ["0 /filters/0/limit", "2 /filters/2/subjects/0", "2 /filters/2/colour"],
            answer.Root.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("index")} {error.GetProperty("pointer")}"));
    }

    [Fact]
    public async Task Finds_the_same_in_one_call_and_as_a_job()
    {
        var caller = new JobsCaller(fixture.Client, null);
        var body = JsonSerializer.Serialize(new
        {
            filters = new object[] { new { subjects = new[] { "ann" } }, new { }, new { actors = new[] { "nobody" } }, new { limit = 1 } },
        });

        var now = await caller.PostAsync("/attestations/batch/query", body);
        var id = JobsCaller.IdOf(await caller.PostAsync("/attestations/batch/query", body, RowsClient.Json, ("Prefer", "respond-async")));
        var job = await caller.EndAsync(id);

        Assert.Equal(("attestation_query", "completed"), (job.Text("job_type"), job.Text("status")));
        Assert.Equal(
            now.Root.EnumerateArray().Select(found => found.GetRawText()),
            (await caller.ItemsAsync(id)).Select(item => item.GetProperty("output_data").GetRawText()));
    }

    [Fact]
    public async Task Reports_everything_that_is_wrong_at_once_where_a_job_was_asked_for()
    {
        var caller = new JobsCaller(fixture.Client, null);
        const string Body = """{"filters":[{"limit":10001},{},{"subjects":[""],"colour":1}]}""";

        var now = await caller.PostAsync("/attestations/batch/query", Body);
        var later = await caller.PostAsync("/attestations/batch/query", Body, RowsClient.Json, ("Prefer", "respond-async"));

        Assert.Equal(HttpStatusCode.BadRequest, later.Status);
        Assert.Equal(now.Root.GetProperty("errors").GetRawText(), later.Root.GetProperty("errors").GetRawText());
    }

    [Fact]
    public async Task A_repeated_search_with_its_key_is_the_same_job_and_another_with_that_key_is_refused()
    {
        var caller = new JobsCaller(fixture.Client, null);
        var headers = new[] { ("Prefer", "respond-async"), ("Idempotency-Key", $"search-{Guid.NewGuid()}") };

        var first = await caller.PostAsync("/attestations/batch/query", """{"filters":[{}]}""", RowsClient.Json, headers);
        var again = await caller.PostAsync("/attestations/batch/query", """{"filters":[{}]}""", RowsClient.Json, headers);
        var other = await caller.PostAsync("/attestations/batch/query", """{"filters":[{"limit":1}]}""", RowsClient.Json, headers);

        Assert.Equal(JobsCaller.IdOf(first), JobsCaller.IdOf(again));
        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), ((int)other.Status, other.Code));
    }

    private static object One(string subject, string predicate, string[] contexts, string actor, int day) => new
    {
        subjects = new[] { subject },
        predicates = new[] { predicate },
        contexts,
        actors = new[] { actor },
        timestamp = $"2026-01-{day:00}T00:00:00Z",
    };

    private async Task<IReadOnlyList<int>> DaysAsync(object filter) =>
        [.. (await fixture.Client.FindAsync(filter)).Select(one => one.GetProperty("timestamp").GetDateTimeOffset().Day)];
}
