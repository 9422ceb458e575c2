using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>One key, one effect, one answer: for those who come at once, again, with something else, and after a crash.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class IdempotencyRaceTests(LedgerFixture fixture, ITestOutputHelper output) : IClassFixture<LedgerFixture>
{
    private const int Items = 8;

    private static readonly int[] All = [.. Enumerable.Range(0, Items)];

    public static TheoryData<string, bool> Doors => new()
    {
        { "/batch", true },
        { "/batch", false },
        { "/entities/entry/batch", true },
        { "/entities/entry/batch", false },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Gives_32_duplicates_at_once_one_effect_and_the_same_bytes(string path, bool atomic)
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
        for (var round = ReliabilityRun.Count(inCi: 10, onDemand: 250); round > 0; round--)
        {
            var batch = $"same-{path}-{atomic}-{round}";
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 32).Select(_ => client.SendUntilKnownAsync(path, Body(path, batch, atomic), batch)));

            Assert.All(answers, answer => Assert.Equal(200, (int)answer.Status));
            Assert.Single(answers.Select(answer => answer.Body).Distinct(StringComparer.Ordinal));
            Assert.Single(answers, answer => !answer.IsReplay);
            expected.Add(batch, All);
        }
        output.WriteLine(client.Seen);
        await ReliabilityLedger.AssertHoldsAsync(fixture.Database, expected, $"same-{path}-{atomic}-");
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Replays_the_same_bytes_and_refuses_another_body_without_effect(string path, bool atomic)
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
        for (var round = ReliabilityRun.Count(inCi: 25, onDemand: 250); round > 0; round--)
        {
            var batch = $"again-{path}-{atomic}-{round}";
            var first = await client.TrySendAsync(path, Body(path, batch, atomic), batch);
            var other = await client.TrySendAsync(path, Body(path, $"{batch}-other", atomic), batch);
            var again = await client.TrySendAsync(path, Body(path, batch, atomic), batch);

            Assert.Equal((200, false), ((int)first!.Status, first.IsReplay));
            Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), ((int)other!.Status, other.Code));
            Assert.Equal((200, true), ((int)again!.Status, again.IsReplay));
            Assert.Equal(first.Body, again.Body);
            expected.Add(batch, All);
        }
        await ReliabilityLedger.AssertHoldsAsync(fixture.Database, expected, $"again-{path}-{atomic}-");
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Does_not_burn_the_key_of_a_request_without_effect(string path, bool atomic)
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
        for (var round = ReliabilityRun.Count(inCi: 10, onDemand: 250); round > 0; round--)
        {
            var batch = $"failed-{path}-{atomic}-{round}";
            var failing = Body(path, batch, atomic, atomic ? [round % Items] : All);
            var first = await client.TrySendAsync(path, failing, batch);
            var second = await client.TrySendAsync(path, failing, batch);
            var mended = await client.TrySendAsync(path, Body(path, batch, atomic), batch);

            Assert.Equal((atomic ? 422 : 207, false), ((int)first!.Status, first.IsReplay));
            Assert.Equal((atomic ? 422 : 207, false), ((int)second!.Status, second.IsReplay));
            Assert.Equal((200, false), ((int)mended!.Status, mended.IsReplay));
            expected.Add(batch, All);
        }
        await ReliabilityLedger.AssertHoldsAsync(fixture.Database, expected, $"failed-{path}-{atomic}-");
    }

    [Fact]
    public async Task Has_one_effect_when_the_service_is_killed_between_the_commit_and_the_answer()
    {
        ReliabilityProxy? proxy = null;
        await using var service = await ReliabilityService.StartAsync(
            direct =>
            {
                proxy = new ReliabilityProxy(direct);
                return proxy.ConnectionString;
            },
            "Idempotency:LeaseSeconds=1", "Batch:ChunkRows=3");
        await using var between = proxy!;
        var client = new ReliabilityClient(() => service.Http);
        var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
        // The last commit of a best-effort batch is that of its answer.
        (string Path, bool Atomic, int Pass, bool IsAnswered)[] commits =
            [("/batch", true, 0, true), ("/entities/entry/batch", false, 2, false), ("/batch", false, 0, false), ("/batch", false, 1, false), ("/batch", false, 2, true)];
        for (var round = ReliabilityRun.Count(inCi: 10, onDemand: 1_000); round > 0; round--)
        {
            var (path, atomic, pass, isAnswered) = commits[round % commits.Length];
            var batch = $"killed-{round}";
            between.HidesStatus = true;
            between.Arm(CommitFault.LoseReply, pass);
            var pending = client.TrySendAsync(path, Body(path, batch, atomic), batch);
            while (between.IsArmed)
                await Task.Delay(1);
            await between.Lost;
            await service.KillAndStartAgainAsync();
            between.HidesStatus = false;

            Assert.Null(await pending);
            var answer = await client.SendUntilKnownAsync(path, Body(path, batch, atomic), batch);
            Assert.Equal(200, (int)answer.Status);
            Assert.Equal(isAnswered, answer.IsReplay);
            expected.Add(batch, All);
        }
        await ReliabilityLedger.AssertHoldsAsync(service.Database, expected);
    }

    private static string Body(string path, string batch, bool atomic, params int[] bad) =>
        path == "/batch" ? ReliabilityLedger.Operations(batch, Items, atomic, bad) : ReliabilityLedger.Rows(batch, Items, atomic, bad);
}
