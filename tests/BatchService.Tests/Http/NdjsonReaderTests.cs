using System.Text;
using BatchService.Batching;
using BatchService.Http;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Http;

public sealed class NdjsonReaderTests
{
    private const int Limit = 64;

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n\r\n  \n\t\n", "")]
    [InlineData("{}", "0:1:{}")]
    [InlineData("{}\n", "0:1:{}")]
    [InlineData("{}\r\n[1]\r\n", "0:1:{}|1:2:[1]")]
    [InlineData("\n{\"a\":1}\n\n\r\n{\"b\":2}\n3", "0:2:{\"a\":1}|1:5:{\"b\":2}|2:6:3")]
    [InlineData("\uFEFF{}\n{}", "0:1:{}|1:2:{}")]
    [InlineData("\uFEFF", "")]
    [InlineData("\"a\nb\"", "0:1:\"a|1:2:b\"")]
    public async Task Cuts_lines_and_counts_those_that_are_not_blank(string text, string expected)
    {
        foreach (var size in new[] { 1, 2, 3, 1_000 })
        {
            var lines = await LinesAsync(new ChunkedStream(Encoding.UTF8.GetBytes(text), size));

            Assert.Equal(expected, string.Join('|', lines.Select(line => $"{line.Index}:{line.Line}:{line.Text}")));
        }
    }

    [Theory]
    [InlineData(Limit, "\n", true)]
    [InlineData(Limit, "\r\n", true)]
    [InlineData(Limit, "", true)]
    [InlineData(Limit + 1, "\n", false)]
    [InlineData(Limit + 1, "\r\n", false)]
    [InlineData(Limit + 1, "", false)]
    [InlineData(Limit * 100, "\n", false)]
    public async Task Names_the_line_that_is_too_long_and_reads_on_behind_it(int length, string end, bool fits)
    {
        foreach (var size in new[] { 1, 7, 100_000 })
        {
            var text = $"1\n\n{new string('2', length)}{end}" + (end.Length > 0 ? "3\n" : "");
            var lines = await LinesAsync(new ChunkedStream(Encoding.UTF8.GetBytes(text), size));

            Assert.Equal((1, 3, fits ? length : 0), (lines[1].Index, lines[1].Line, lines[1].Text.Length));
            Assert.Equal(fits ? null : ErrorCodes.LineTooLong, lines[1].Error?.Code);
            Assert.True(fits || lines[1].Error!.Detail.Contains("Line 3 ", StringComparison.Ordinal));
            Assert.Equal(end.Length > 0 ? [(2, 4L, "3", null)] : [], lines.Skip(2));
        }
    }

    [Fact]
    public async Task Holds_little_of_a_long_line()
    {
        var stream = new RepeatingStream(Encoding.UTF8.GetBytes(new string('x', 60_000)), 5_000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        await foreach (var line in NdjsonReader.ReadAsync(stream, 100_000, CancellationToken.None))
        {
            Assert.Equal((0, ErrorCodes.LineTooLong), (line.Index, line.Error!.Code));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public async Task Ends_with_the_error_of_a_body_that_breaks_off_within_a_line_that_is_too_long()
    {
        var body = new BodyStream(new ChunkedStream(Encoding.UTF8.GetBytes("1\n" + new string('2', 500)), 50), 300);

        var lines = await LinesAsync(body);

        Assert.Equal([null, ErrorCodes.BodyTooLarge], lines.Select(line => line.Error?.Code));
    }

    [Fact]
    public async Task Ends_with_the_error_of_a_body_over_its_limit()
    {
        var body = new BodyStream(new ChunkedStream("1\n2\n3\n"u8.ToArray(), 2), 4);

        var lines = await LinesAsync(body);

        Assert.Equal(["1", "2", ""], lines.Select(line => line.Text));
        Assert.Equal(ErrorCodes.BodyTooLarge, lines[^1].Error?.Code);
    }

    [Fact]
    public async Task Holds_little_of_a_long_stream()
    {
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":12345678}\n", 4_000)));
        var count = 0;
        // Everything completes synchronously, so this thread does it all.
        var before = GC.GetAllocatedBytesForCurrentThread();
        await foreach (var line in NdjsonReader.ReadAsync(new RepeatingStream(chunk, 500), Limit, CancellationToken.None))
        {
            count += line.Error is null ? 1 : 0;
        }

        Assert.Equal(2_000_000, count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public void Gives_back_any_lines_however_they_are_cut() =>
        Prop.ForAll(Gen.Choose(1, 40).ArrayOf().ToArbitrary(), Gen.Choose(1, 90).NonEmptyListOf().ToArbitrary(), (lengths, sizes) =>
            {
                var lines = lengths.Select((length, i) => new string((char)('a' + (i % 26)), length)).ToArray();
                var stream = new ChunkedStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)), [.. sizes]);
                return LinesAsync(stream).GetAwaiter().GetResult().Select(line => line.Text).SequenceEqual(lines, StringComparer.Ordinal);
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static async Task<List<(int Index, long Line, string Text, Error? Error)>> LinesAsync(Stream stream)
    {
        var lines = new List<(int Index, long Line, string Text, Error? Error)>();
        await foreach (var line in NdjsonReader.ReadAsync(stream, Limit, CancellationToken.None))
        {
            lines.Add((line.Index, line.Line, Encoding.UTF8.GetString(line.Json.Span), line.Error));
        }

        return lines;
    }

    private sealed class RepeatingStream(byte[] chunk, int times) : ForwardStream
    {
        private int _at;
        private int _round;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at == chunk.Length)
            {
                (_at, _round) = (0, _round + 1);
            }

            var count = _round == times ? 0 : Math.Min(chunk.Length - _at, buffer.Length);
            chunk.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return ValueTask.FromResult(count);
        }
    }
}
