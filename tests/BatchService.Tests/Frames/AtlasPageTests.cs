using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Frames;

namespace BatchService.Tests.Frames;

public sealed class AtlasPageTests
{
    private const int PipeBytes = 64 * 1024;

    /// <summary>300 frames of one branch: 44,850 edges.</summary>
    private static readonly AtlasSnapshot s_atlas = new(
        7,
        DateTimeOffset.UnixEpoch,
        44_850,
        AtlasGraph.Of(Enumerable.Range(0, 300).Select(number => new AtlasNode($"frame-{number:0000}", number, "main", ["auth"]))));

    [Fact]
    public async Task A_page_is_written_no_faster_than_it_is_read()
    {
        var pipe = NewPipe();

        var writing = WriteAsync(pipe, limit: 500_000);
        var first = await pipe.Reader.ReadAtLeastAsync(PipeBytes);

        Assert.False(writing.IsCompleted);
        Assert.InRange(first.Buffer.Length, PipeBytes, 2 * PipeBytes);
        pipe.Reader.AdvanceTo(first.Buffer.Start);
        var page = JsonNode.Parse(await ReadAllAsync(pipe.Reader))!;
        await writing;
        Assert.Equal((300, 44_850), (page["nodes"]!.AsArray().Count, page["edges"]!.AsArray().Count));
    }

    [Fact]
    public async Task Nothing_more_is_written_when_the_reader_has_gone()
    {
        var pipe = NewPipe();
        var writing = WriteAsync(pipe, limit: 500_000);
        await pipe.Reader.ReadAtLeastAsync(PipeBytes);

        await pipe.Reader.CompleteAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => writing);
    }

    [Fact]
    public async Task Looking_for_edges_stops_when_it_is_told_to()
    {
        using var over = new CancellationTokenSource();
        await over.CancelAsync();

        Assert.Throws<OperationCanceledException>(() => s_atlas.Graph.CountEdges(over.Token));
        Assert.Throws<OperationCanceledException>(() => s_atlas.Graph.EdgesAfter(0, 0, over.Token).Count());
    }

    [Theory]
    [InlineData(299, 299, 0, true)]
    [InlineData(300, 300, 0, true)]
    [InlineData(301, 300, 1, true)]
    [InlineData(45_149, 300, 44_849, true)]
    [InlineData(45_150, 300, 44_850, false)]
    public async Task A_cursor_says_that_there_is_more_exactly_when_there_is(int limit, int nodes, int edges, bool more)
    {
        var pipe = NewPipe();
        var writing = WriteAsync(pipe, limit);

        var page = JsonNode.Parse(await ReadAllAsync(pipe.Reader))!;

        await writing;
        Assert.Equal((nodes, edges), (page["nodes"]!.AsArray().Count, page["edges"]!.AsArray().Count));
        Assert.Equal(more, page["next_cursor"] is not null);
    }

    private static Pipe NewPipe() => new(new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2));

    private static async Task WriteAsync(Pipe pipe, int limit)
    {
        await Task.Yield();
        await AtlasPage.WriteAsync(s_atlas, AtlasCursor.AtStart(7), limit, pipe.Writer, new JsonWriterOptions(), CancellationToken.None);
        await pipe.Writer.CompleteAsync();
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }
}
