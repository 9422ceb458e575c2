using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>The service is killed with <c>kill -9</c> under load and started again; clients repeat what they have no answer to.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class ServiceKillTests(ITestOutputHelper output)
{
    private const int Clients = 4;
    private const int Operations = 20;

    [Fact]
    public Task Has_every_atomic_batch_once_and_whole_or_not_at_all() => KillAsync(
        atomic: true,
        kills: ReliabilityRun.Count(inCi: 8, onDemand: 500),
        (batch, bad) => ("/batch", ReliabilityLedger.Operations(batch, Operations, atomic: true, bad)));

    [Fact]
    public Task Has_every_item_of_a_best_effort_batch_once_after_it_is_resumed() => KillAsync(
        atomic: false,
        kills: ReliabilityRun.Count(inCi: 4, onDemand: 250),
        (batch, bad) => ("/batch", ReliabilityLedger.Operations(batch, Operations, atomic: false, bad)));

    [Fact]
    public Task Has_every_row_of_a_best_effort_batch_in_chunks_once_after_it_is_resumed() => KillAsync(
        atomic: false,
        kills: ReliabilityRun.Count(inCi: 4, onDemand: 250),
        (batch, bad) => ("/entities/entry/batch", ReliabilityLedger.Rows(batch, Operations, atomic: false, bad)));

    [Fact]
    public async Task Has_whole_chunks_of_a_stream_without_key_and_every_row_that_was_acknowledged()
    {
        const int ChunkRows = 25;
        var kills = ReliabilityRun.Count(inCi: 4, onDemand: 250);
        var random = new Random(ReliabilityRun.Seed(output));
        await using var service = await ReliabilityService.StartAsync($"Batch:ChunkRows={ChunkRows}");
        for (var kill = 0; kill < kills; kill++)
        {
            var streams = Enumerable.Range(0, Clients).Select(client => new ReliabilityStream(service.Http.BaseAddress!, $"s{kill}-{client}")).ToList();
            await Task.WhenAll(streams.Select(stream => stream.Flowing));
            await Task.Delay(random.Next(100));
            await service.KillAndStartAgainAsync();
            var acknowledged = await Task.WhenAll(streams.Select(stream => stream.Ended));

            var stored = await ReliabilityLedger.ReadAsync(service.Database);
            for (var client = 0; client < Clients; client++)
            {
                var rows = stored.GetValueOrDefault($"s{kill}-{client}") ?? [];
                Assert.Equal(Enumerable.Range(0, rows.Length), rows);
                Assert.Equal(0, rows.Length % ChunkRows);
                Assert.True(acknowledged[client] <= rows.Length, $"{acknowledged[client]} rows were acknowledged, {rows.Length} are stored.");
            }
            output.WriteLine($"kill {kill}: acknowledged {string.Join(' ', acknowledged)}");
        }
    }

    private async Task KillAsync(bool atomic, int kills, Func<string, int[], (string Path, string Body)> request)
    {
        var seed = ReliabilityRun.Seed(output);
        await using var service = await ReliabilityService.StartAsync("Batch:ChunkRows=3", "Idempotency:LeaseSeconds=1");
        var client = new ReliabilityClient(() => service.Http);
        var expected = new ConcurrentDictionary<string, int[]>(StringComparer.Ordinal);
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            var random = new Random(seed + number);
            for (var round = 0; !enough.IsCancellationRequested; round++)
            {
                var batch = $"b{number}-{round}";
                int[] bad = random.Next(5) == 0 ? [random.Next(Operations), random.Next(Operations)] : [];
                var (path, body) = request(batch, bad);
                var answer = await client.SendUntilKnownAsync(path, body, $"key-{batch}");
                Assert.Equal((bad.Length, atomic) switch { (0, _) => 200, (_, false) => 207, _ => 422 }, (int)answer.Status);
                if (ReliabilityLedger.Acknowledged(answer, Operations, bad) is { Length: > 0 } positions)
                    Assert.True(expected.TryAdd(batch, positions));
            }
        })).ToList();

        var random = new Random(seed - 1);
        for (var kill = 0; kill < kills && clients.TrueForAll(running => !running.IsFaulted); kill++)
        {
            await client.MakesProgressAsync(Clients);
            await Task.Delay(random.Next(100));
            await service.KillAndStartAgainAsync();
        }
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        output.WriteLine($"{kills} kills, {expected.Count} batches. {client.Seen}");
        Assert.True(client.TimesSeen("no answer") > 0, "No kill met a request: the test shows nothing.");
        await ReliabilityLedger.AssertHoldsAsync(service.Database, expected);
    }
}
