using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>COMMIT, or the reply to it, is lost on the way: the service learns what became of it, tells the truth, and never writes twice.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class LostCommitTests(LostCommitFixture fixture, ITestOutputHelper output) : IClassFixture<LostCommitFixture>
{
    private const int Items = 10;

    private static readonly CommitFault[] Faults = Enum.GetValues<CommitFault>();

    public static TheoryData<string, bool, bool> Doors => new()
    {
        { "/batch", true, true },
        { "/batch", true, false },
        { "/batch", false, true },
        { "/batch", false, false },
        { "/entities/entry/batch", true, true },
        { "/entities/entry/batch", false, true },
        { "/entities/entry/batch", false, false },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Answers_with_what_is_in_the_database_when_a_commit_is_lost(string path, bool atomic, bool hasKey)
    {
        var seed = ReliabilityRun.Seed(output);
        var random = new Random(seed);
        var client = new ReliabilityClient(() => fixture.Client);
        var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var happened = 0;
        foreach (var fault in Faults)
        {
            for (var round = ReliabilityRun.Count(inCi: 5, onDemand: 100); round > 0; round--)
            {
                var batch = $"{path}-{atomic}-{hasKey}-{fault}-{round}";
                int[] bad = !atomic && random.Next(2) == 0 ? [random.Next(Items)] : [];
                fixture.Proxy.Arm(fault, commitsToPass: random.Next(CommitsOf(path, atomic, hasKey)));
                var answer = await client.TrySendAsync(path, Body(path, batch, atomic, bad), hasKey ? batch : null);
                happened += fixture.Proxy.IsArmed ? 0 : 1;
                fixture.Proxy.Disarm();

                Assert.Equal(bad.Length == 0 ? 200 : 207, (int)answer!.Status);
                expected.Add(batch, ReliabilityLedger.Acknowledged(answer, Items, bad));
                if (!hasKey)
                    continue;
                var replay = await client.TrySendAsync(path, Body(path, batch, atomic, bad), batch);
                Assert.True(replay!.IsReplay);
                Assert.Equal(answer.Body, replay.Body);
            }
        }
        output.WriteLine($"{happened} commits lost in {expected.Count} batches. {client.Seen}");
        Assert.Equal(expected.Count, happened);
        await AssertHoldsAsync($"{path}-{atomic}-{hasKey}-", expected);
    }

    [Fact]
    public async Task Says_503_when_the_outcome_cannot_be_learned_and_one_effect_comes_of_repeating_with_the_key()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        for (var round = ReliabilityRun.Count(inCi: 1, onDemand: 10); round > 0; round--)
        {
            var expected = new Dictionary<string, int[]>(StringComparer.Ordinal);
            var requests = new List<(string Path, string Body, string Key, Task<ReliabilityAnswer?> Answer)>();
            fixture.Proxy.HidesStatus = true;
            foreach (var fault in (CommitFault[])[CommitFault.LoseCommit, CommitFault.LoseReply])
            {
                // The first COMMIT of a best-effort batch claims its key, the second ends its first chunk, the third another.
                foreach (var (path, atomic, pass) in ((string, bool, int)[])
                    [("/batch", true, 0), ("/batch", false, 0), ("/batch", false, 1), ("/entities/entry/batch", false, 1), ("/entities/entry/batch", false, 2)])
                {
                    var batch = $"dark-{round}-{fault}-{path}-{atomic}-{pass}";
                    var body = Body(path, batch, atomic, []);
                    fixture.Proxy.Arm(fault, pass);
                    requests.Add((path, body, batch, client.TrySendAsync(path, body, batch)));
                    expected.Add(batch, [.. Enumerable.Range(0, Items)]);
                    while (fixture.Proxy.IsArmed)
                        await Task.Delay(1);
                }
            }
            foreach (var (_, _, key, pending) in requests)
            {
                var answer = await pending;
                output.WriteLine($"{key}: {answer!.Status} {answer.Body}");
                Assert.True(answer.IsRetryable);
            }
            fixture.Proxy.HidesStatus = false;
            foreach (var (path, body, key, _) in requests)
                Assert.Equal(200, (int)(await client.SendUntilKnownAsync(path, body, key)).Status);
            await AssertHoldsAsync($"dark-{round}-", expected);
        }
    }

    /// <summary>How often it commits at least: a best-effort batch may claim its key, write in chunks of three, and keep its answer.</summary>
    private static int CommitsOf(string path, bool atomic, bool hasKey) => (path, atomic, hasKey) switch
    {
        (_, true, _) => 1,
        ("/batch", _, true) => 3,
        ("/batch", _, false) => 1,
        (_, _, true) => 5,
        (_, _, false) => 3,
    };

    private static string Body(string path, string batch, bool atomic, int[] bad) =>
        path == "/batch" ? ReliabilityLedger.Operations(batch, Items, atomic, bad) : ReliabilityLedger.Rows(batch, Items, atomic, bad);

    private async Task AssertHoldsAsync(string prefix, Dictionary<string, int[]> expected) =>
        await ReliabilityLedger.AssertHoldsAsync(fixture.Database, expected, prefix);
}
