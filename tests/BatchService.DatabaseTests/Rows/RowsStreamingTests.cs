using System.Diagnostics;
using System.Text.Json;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Streams through a real server: results while the upload goes on, constant memory, and clients that go away.</summary>
public sealed class RowsStreamingTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const int ChunkRows = 100;

    private const string Path = "/entities/stamp/batch?action=create&atomic=false&continueOnError=true&return=minimal";

    private ServiceProcess _service = null!;

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        _service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={fixture.ServiceConnection}", $"Batch:ChunkRows={ChunkRows}");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Sends_the_results_of_a_chunk_before_the_upload_has_ended()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, Path);
        await wire.WriteAsync(Lines(0, ChunkRows));
        for (var index = 0; index < ChunkRows; index++)
        {
            var line = await ReadAsync(wire);
            Assert.Equal((index, "completed"), (line.GetProperty("index").GetInt32(), line.GetProperty("status").GetString()));
        }

        Assert.Equal(ChunkRows, await fixture.CountAsync("stamp"));
        await wire.WriteAsync(Lines(ChunkRows, 50));
        await wire.EndAsync();

        Assert.Equal(50, await CountToSummaryAsync(wire, expectedSuccesses: 150));
        Assert.Equal(150, await fixture.CountAsync("stamp"));
    }

    [Fact]
    public async Task Keeps_whole_chunks_and_nothing_half_when_the_client_goes_away()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, Path);
        await wire.WriteAsync(Lines(0, (2 * ChunkRows) + 30));
        await RowsWait.UntilAsync(async () => await fixture.CountAsync("stamp") == 2 * ChunkRows);

        wire.Abort();

        await _service.SignalAsync("TERM");
        await _service.WaitForExitAsync();
        Assert.Equal(2 * ChunkRows, await fixture.CountAsync("stamp"));
    }

    [Fact]
    public async Task Takes_200_000_rows_in_the_memory_of_some_chunks()
    {
        await SendAsync(10_000);
        var before = ResidentMegabytes();

        var peak = await SendAsync(200_000);

        Assert.Equal(210_000, await fixture.CountAsync("stamp"));
        Assert.True(peak - before < 150, $"{before} MB became {peak} MB.");
    }

    [Theory]
    [InlineData("/entities/stamp/batch")]
    [InlineData("/batch")]
    public async Task Answers_504_when_a_json_body_does_not_arrive_within_the_deadline(string path)
    {
        await using var hasty = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={fixture.ServiceConnection}", "Batch:DeadlineSeconds=1");
        await using var wire = await RowsWire.PostAsync(hasty.Address!, path, RowsClient.Json);
        await wire.WriteAsync("{");

        Assert.Equal(504, await wire.ReadStatusAsync());
    }

    private async Task<long> SendAsync(int rows)
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, Path);
        var writing = Task.Run(async () =>
        {
            for (var first = 0; first < rows; first += 1_000)
            {
                await wire.WriteAsync(Lines(first, 1_000));
            }

            await wire.EndAsync();
        });
        var peak = 0L;
        var results = await CountToSummaryAsync(wire, rows, index => peak = index % 5_000 == 0 ? Math.Max(peak, ResidentMegabytes()) : peak);
        await writing;
        Assert.Equal(rows, results);
        return peak;
    }

    private long ResidentMegabytes()
    {
        using var process = Process.GetProcessById(_service.Id);
        return process.WorkingSet64 / (1024 * 1024);
    }

    /// <summary>Reads to the end: the number of results before the summary.</summary>
    private static async Task<int> CountToSummaryAsync(RowsWire wire, int expectedSuccesses, Action<int>? onResult = null)
    {
        var results = 0;
        while (true)
        {
            var line = await ReadAsync(wire);
            if (line.TryGetProperty("summary", out var summary))
            {
                Assert.Equal(expectedSuccesses, summary.GetProperty("successCount").GetInt32());
                Assert.Null(await wire.ReadLineAsync());
                return results;
            }

            onResult?.Invoke(results);
            results++;
        }
    }

    private static async Task<JsonElement> ReadAsync(RowsWire wire) =>
        JsonSerializer.Deserialize<JsonElement>(await wire.ReadLineAsync() ?? throw new EndOfStreamException("The answer ended without a summary."));

    private static string Lines(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(n => $"{{\"n\":{n}}}\n"));
}
