using System.Text.Json;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>The seed's <c>BatchBuilder</c>: add, flush, close, through a real server to a client that reads while it writes.</summary>
public sealed class AttestationUploadTests(AttestationUploadTests.UploadFixture fixture)
    : IClassFixture<AttestationUploadTests.UploadFixture>, IAsyncLifetime
{
    private ServiceProcess _service = null!;

    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        _service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={fixture.Connection}");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Gives_the_results_of_a_full_chunk_while_the_upload_goes_on()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, "/attestations/stream?chunk_size=10");
        await wire.WriteAsync(Lines(0, 10));
        for (var index = 0; index < 10; index++)
            Assert.Equal($"s{index}", (await ReadAsync(wire)).GetProperty("attestation").Subject());

        Assert.Equal(10, await fixture.CountAsync());
        await wire.WriteAsync(Lines(10, 5));
        await wire.EndAsync();
        for (var index = 10; index < 15; index++)
            Assert.Equal(index, (await ReadAsync(wire)).GetProperty("index").GetInt32());
        Assert.Equal(15, (await ReadAsync(wire)).GetProperty("summary").GetProperty("success_count").GetInt32());
        Assert.Null(await wire.ReadLineAsync());
    }

    [Theory]
    [InlineData("/attestations/stream?chunk_size=1000")]
    [InlineData("/attestations/stream?chunk_size=1000&mode=best_effort")]
    public async Task Gives_the_results_of_what_was_sent_when_the_client_pauses(string path)
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, path);
        for (var flush = 0; flush < 3; flush++)
        {
            await wire.WriteAsync(Lines(flush * 2, 2));
            for (var index = flush * 2; index < (flush + 1) * 2; index++)
                Assert.Equal($"s{index}", (await ReadAsync(wire)).GetProperty("attestation").Subject());
            Assert.Equal((flush + 1) * 2, await fixture.CountAsync());
        }

        await wire.EndAsync();
        var summary = (await ReadAsync(wire)).GetProperty("summary");
        Assert.Equal((6, 6), (summary.GetProperty("success_count").GetInt32(), summary.GetProperty("total").GetInt32()));
        Assert.Null(await wire.ReadLineAsync());
    }

    [Fact]
    public async Task Tells_a_pausing_client_which_command_was_bad_and_takes_the_next()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, "/attestations/stream");
        await wire.WriteAsync("{\"subjects\":[]}\n");
        Assert.Equal("failed", (await ReadAsync(wire)).GetProperty("status").GetString());
        await wire.WriteAsync(Lines(1, 1));
        Assert.Equal(1, (await ReadAsync(wire)).GetProperty("index").GetInt32());

        await wire.EndAsync();
        Assert.Equal(1, (await ReadAsync(wire)).GetProperty("summary").GetProperty("failure_count").GetInt32());
    }

    [Fact]
    public async Task Waits_for_the_end_of_a_line_that_came_in_pieces()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, "/attestations/stream");
        await wire.WriteAsync(Lines(0, 1) + "{\"subjects\":");
        Assert.Equal(0, (await ReadAsync(wire)).GetProperty("index").GetInt32());
        Assert.Equal(1, await fixture.CountAsync());

        await wire.WriteAsync("[\"s1\"]}\n");
        Assert.Equal("s1", (await ReadAsync(wire)).GetProperty("attestation").Subject());
        await wire.EndAsync();
        Assert.Equal(2, (await ReadAsync(wire)).GetProperty("summary").GetProperty("success_count").GetInt32());
    }

    [Fact]
    public async Task Keeps_what_a_client_sent_before_it_paused_and_went_away()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, "/attestations/stream");
        await wire.WriteAsync(Lines(0, 3));
        await RowsWait.UntilAsync(async () => await fixture.CountAsync() == 3);

        wire.Abort();

        await _service.SignalAsync("TERM");
        await _service.WaitForExitAsync();
        Assert.Equal(0, _service.ExitCode);
        Assert.DoesNotContain(" ERR ", _service.Output, StringComparison.Ordinal);
        Assert.Equal(3, await fixture.CountAsync());
    }

    [Fact]
    public async Task Writes_nothing_of_an_atomic_stream_before_its_end()
    {
        await using var wire = await RowsWire.PostAsync(_service.Address!, "/attestations/stream?mode=atomic&chunk_size=2");
        await wire.WriteAsync(Lines(0, 6));
        // Longer than the pause after which another stream would be written.
        await Task.Delay(600);
        Assert.Equal(0, await fixture.CountAsync());

        await wire.EndAsync();
        for (var index = 0; index < 6; index++)
            Assert.Equal("completed", (await ReadAsync(wire)).GetProperty("status").GetString());
        Assert.Equal(6, await fixture.CountAsync());
    }

    private static string Lines(int first, int count) =>
        string.Concat(Enumerable.Range(first, count).Select(index => $"{{\"subjects\":[\"s{index}\"]}}\n"));

    private static async Task<JsonElement> ReadAsync(RowsWire wire) =>
        JsonSerializer.Deserialize<JsonElement>(await wire.ReadLineAsync() ?? throw new EndOfStreamException("The answer ended without a summary."));

    /// <summary>Lets processes of their own use the same database.</summary>
    public class UploadFixture : AttestationsFixture
    {
        internal string Connection { get; private set; } = "";

        protected override void Configure(IDictionary<string, string?> settings) =>
            Connection = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"]).ConnectionString;
    }
}
