using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Who reads while atomic batches are written sees each of them wholly or not at all.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class AtomicReaderTests(LedgerFixture fixture, ITestOutputHelper output) : IClassFixture<LedgerFixture>
{
    private const int Items = 50;
    private const int Writers = 4;

    [Fact]
    public async Task Never_shows_a_reader_a_part_of_an_atomic_batch()
    {
        var batches = ReliabilityRun.Count(inCi: 200, onDemand: 10_000);
        var seed = ReliabilityRun.Seed(output);
        var client = new ReliabilityClient(() => fixture.Client);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(seed + writer);
            for (var number = writer; number < batches; number += Writers)
            {
                // Some fail at their very end, when all the others are written already.
                int[] bad = random.Next(3) == 0 ? [Items - 1] : [];
                var (path, body) = random.Next(2) == 0
                    ? ("/batch", ReliabilityLedger.Operations($"r{number}", Items, atomic: true, bad))
                    : ("/entities/entry/batch", ReliabilityLedger.Rows($"r{number}", Items, atomic: true, bad));
                var answer = await client.TrySendAsync(path, body);
                Assert.Equal(bad.Length == 0 ? 200 : 422, (int)answer!.Status);
            }
        })));
        var looks = 0;
        do
        {
            Assert.All((await ReliabilityLedger.ReadAsync(fixture.Database)).Values, positions => Assert.Equal(Enumerable.Range(0, Items), positions));
            looks++;
        }
        while (!writing.IsCompleted);
        await writing;
        output.WriteLine($"{looks} looks. {client.Seen}");

        Assert.True(looks > 5);
    }
}
