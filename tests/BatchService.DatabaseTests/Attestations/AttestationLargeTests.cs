using System.Net;
using System.Text;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>Large batches, chunks, and many at once.</summary>
public sealed class AttestationLargeTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Gives_10_000_identical_commands_10_000_ids()
    {
        var answer = await fixture.Client.CreateAsync(Enumerable.Repeat(Same, 10_000));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((10_000, 0, 10_000), answer.Sums());
        Assert.Equal(10_000, answer.Created().Select(one => one.Id()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(10_000, await fixture.CountAsync());
    }

    [Theory]
    [InlineData(1_000, "atomic")]
    [InlineData(1_001, "atomic")]
    [InlineData(2_500, "best_effort")]
    public async Task Takes_more_than_the_recommended_thousand(int count, string mode)
    {
        var answer = await fixture.Client.CreateAsync(Numbered(count), mode);

        Assert.Equal((HttpStatusCode.OK, (count, 0, count)), (answer.Status, answer.Sums()));
        Assert.Equal(Enumerable.Range(0, count), answer.Created().Select(one => int.Parse(one.Subject())));
        Assert.Equal(Enumerable.Range(0, count), answer.Results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(count, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Takes_100_000_commands(string mode)
    {
        var answer = await fixture.Client.PostRawAsync("/attestations/batch", Identical(100_000, mode), ("Prefer", "return=minimal"));

        Assert.Equal((HttpStatusCode.OK, (100_000, 0, 100_000)), (answer.Status, answer.Sums()));
        Assert.Equal(100_000, await fixture.CountAsync());
    }

    [Fact]
    public async Task Refuses_100_001_commands_and_writes_none()
    {
        var answer = await fixture.Client.PostRawAsync("/attestations/batch", Identical(100_001, "best_effort"));

        Assert.Equal((HttpStatusCode.BadRequest, "BATCH_TOO_LARGE"), (answer.Status, answer.Code));
        Assert.Equal("Batch size exceeds maximum (100000). Requested: 100001", answer.Root.GetProperty("error").GetString());
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Finds_every_taken_id_of_a_large_batch_in_both_modes()
    {
        int[] taken = [0, 1, 17, 999, 1_000, 2_500, 4_999];
        foreach (var number in taken)
            await fixture.InsertAsync(AttestationsFixture.LargeIdOf(number));
        var commands = Enumerable.Range(0, 5_000).Select(number => new { id = AttestationsFixture.LargeIdOf(number), subjects = new[] { "s" } }).ToList();
        var failures = string.Join(' ', taken.Select(number => $"{number}:UNIQUE_VIOLATION"));

        var atomic = await fixture.Client.CreateAsync(commands, "atomic");
        Assert.Equal((HttpStatusCode.Conflict, failures), (atomic.Status, atomic.Failures));
        Assert.Equal(taken.Length, await fixture.CountAsync());

        var bestEffort = await fixture.Client.CreateAsync(commands, "best_effort");
        Assert.Equal((HttpStatusCode.MultiStatus, failures), (bestEffort.Status, bestEffort.Failures));
        Assert.Equal((4_993, 7, 5_000), bestEffort.Sums());
        Assert.Equal(5_000, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic", 0)]
    [InlineData("best_effort", 20)]
    public async Task Commits_chunk_by_chunk_in_best_effort_and_all_at_once_when_atomic(string mode, int visible)
    {
        var held = AttestationsFixture.IdOf(500);
        var commands = Enumerable.Range(0, 30).Select(index => new { id = AttestationsFixture.IdOf(index == 25 ? 500 : index), subjects = new[] { "s" } });
        Task<RowsAnswer> answer;
        await using (await fixture.HoldAsync(held))
        {
            answer = fixture.Client.CreateAsync(commands, mode, chunkSize: 10);
            await RowsWait.UntilAsync(async () => (await fixture.WaitingAsync()).Count > 0);
            Assert.Equal(visible, await fixture.CountAsync());
        }

        Assert.Equal((HttpStatusCode.OK, (30, 0, 30)), ((await answer).Status, (await answer).Sums()));
        Assert.Equal(30, await fixture.CountAsync());
    }

    [Fact]
    public async Task Lets_many_batches_in_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(client =>
            fixture.Client.CreateAsync(Enumerable.Repeat(Same, 500), client % 2 == 0 ? "atomic" : "best_effort")));

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.OK, (500, 0, 500)), (answer.Status, answer.Sums())));
        Assert.Equal(6_000, answers.SelectMany(answer => answer.Created()).Select(one => one.Id()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(6_000, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Stores_an_id_once_when_batches_in_opposite_order_want_it(string mode)
    {
        var commands = Enumerable.Range(0, 300).Select(number => new { id = AttestationsFixture.IdOf(number), subjects = new[] { "s" } }).ToList();

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(client =>
            fixture.Client.CreateAsync(client % 2 == 0 ? commands : Enumerable.Reverse(commands), mode, chunkSize: 50)));

        Assert.Equal(300, await fixture.CountAsync());
        Assert.Equal(300, answers.Sum(answer => answer.Sums().Succeeded));
        Assert.All(answers, answer => Assert.True(
            answer.Status is HttpStatusCode.OK or HttpStatusCode.MultiStatus or HttpStatusCode.Conflict, answer.Text));
        if (mode == "atomic")
            Assert.Equal([0, 0, 0, 300], answers.Select(answer => answer.Sums().Succeeded).Order());
    }

    private static readonly object Same = new { subjects = new[] { "s" }, predicates = new[] { "p" }, contexts = new[] { "c" }, actors = new[] { "a" } };

    private static IEnumerable<object> Numbered(int count) => Enumerable.Range(0, count).Select(index => new { subjects = new[] { $"{index}" } });

    private static string Identical(int count, string mode) =>
        new StringBuilder($$"""{"mode":"{{mode}}","commands":[""")
            .AppendJoin(',', Enumerable.Repeat("""{"subjects":["a"]}""", count)).Append("]}").ToString();
}
