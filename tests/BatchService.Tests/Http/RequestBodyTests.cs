using System.IO.Compression;
using System.Text;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.AspNetCore.Http;

namespace BatchService.Tests.Http;

public sealed class RequestBodyTests
{
    private const int Limit = 100_000;

    [Theory]
    [InlineData("")]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("br")]
    public async Task Reads_a_body_in_each_encoding(string encoding)
    {
        var text = Text(Limit);
        using var body = await BodyAsync(Compress(text, encoding), encoding);

        Assert.Equal(text, Encoding.UTF8.GetString(body.Body!.Bytes.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Refuses_one_byte_over_the_limit(string encoding)
    {
        using var body = await BodyAsync(Compress(Text(Limit + 1), encoding), encoding);

        Assert.Equal(ErrorCodes.BodyTooLarge, body.Error?.Code);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Stops_decompressing_a_bomb_at_the_limit(string encoding)
    {
        var bomb = new CountingStream(Compress(new string('0', 20_000_000), encoding));
        var context = Context(bomb, encoding);

        var (body, error) = await RequestBody.ReadAsync(context.Request, Limit, CancellationToken.None);

        Assert.Null(body);
        Assert.Equal(ErrorCodes.BodyTooLarge, error?.Code);
        Assert.InRange(bomb.Taken, 0, 64 * 1024);
    }

    [Fact]
    public async Task Refuses_by_Content_Length_before_reading()
    {
        var stream = new CountingStream([1, 2, 3]);
        var context = Context(stream, "");
        context.Request.ContentLength = Limit + 1;

        var (_, error) = await RequestBody.ReadAsync(context.Request, Limit, CancellationToken.None);

        Assert.Equal(ErrorCodes.BodyTooLarge, error?.Code);
        Assert.Equal(0, stream.Taken);
    }

    [Fact]
    public async Task Refuses_compressed_nothing_without_end()
    {
        byte[] empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        using var body = await BodyAsync([.. Enumerable.Repeat(empty, Limit / empty.Length + 1).SelectMany(member => member)], "gzip");

        Assert.NotNull(body.Error);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Calls_broken_compressed_data_malformed(string encoding)
    {
        var whole = Compress(Text(50_000), encoding);
        var flipped = whole.ToArray();
        flipped[whole.Length / 2] ^= 0x55;

        // Brotli has no checksum: what is flipped may still be Brotli, of another text.
        byte[][] broken =
        [
            encoding == "gzip" ? flipped : [0xFF, .. whole], whole[..(whole.Length / 2)], whole[..^1], whole[..10],
            [.. whole, 1, 2, 3, 4], "{\"a\":1}"u8.ToArray(),
        ];

        foreach (var bytes in broken)
        {
            using var body = await BodyAsync(bytes, encoding);

            Assert.Equal(ErrorCodes.MalformedJson, body.Error?.Code);
        }
    }

    [Theory]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    [InlineData("gzip, gzip")]
    public async Task Refuses_other_encodings_and_names_its_own(string encoding)
    {
        var context = Context(new MemoryStream([1]), encoding);

        var (_, error) = await RequestBody.ReadAsync(context.Request, Limit, CancellationToken.None);

        Assert.Equal(ErrorCodes.UnsupportedMediaType, error?.Code);
        Assert.Equal("gzip, br", context.Response.Headers.AcceptEncoding);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "gzip")]
    [InlineData("", "br")]
    [InlineData("\uFEFF", "")]
    public async Task Calls_an_empty_body_empty(string text, string encoding)
    {
        using var compressed = await BodyAsync(Compress(text, encoding), encoding);
        using var nothing = await BodyAsync([], encoding);

        Assert.Equal("The request body is empty.", compressed.Error?.Detail);
        Assert.Equal("The request body is empty.", nothing.Error?.Detail);
    }

    [Fact]
    public async Task Drops_a_byte_order_mark()
    {
        using var body = await BodyAsync("\uFEFF{}"u8.ToArray(), "");

        Assert.Equal("{}"u8, body.Body!.Bytes.Span);
    }

    [Theory]
    [InlineData("application/json", (int)MediaKind.Json)]
    [InlineData("Application/JSON; charset=UTF-8", (int)MediaKind.Json)]
    [InlineData("application/json; charset=\"utf-8\"", (int)MediaKind.Json)]
    [InlineData("application/x-ndjson", (int)MediaKind.Ndjson)]
    [InlineData("text/csv; header=present", (int)MediaKind.Csv)]
    public void Knows_the_media_types(string contentType, int kind) =>
        Assert.Equal(((MediaKind)kind, null), RequestMedia.Read(Typed(contentType), MediaKind.Json | MediaKind.Ndjson | MediaKind.Csv));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("json")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("text/csv; header=absent")]
    [InlineData("*/*")]
    public void Refuses_other_media_types(string? contentType) => Assert.Equal(
        ErrorCodes.UnsupportedMediaType,
        RequestMedia.Read(Typed(contentType), MediaKind.Json | MediaKind.Ndjson | MediaKind.Csv).Error?.Code);

    [Fact]
    public void Refuses_a_known_media_type_that_the_endpoint_does_not_read() =>
        Assert.Contains("application/json", RequestMedia.Read(Typed("text/csv"), MediaKind.Json).Error!.Detail, StringComparison.Ordinal);

    private static HttpRequest Typed(string? contentType)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = contentType;
        return context.Request;
    }

    private static async Task<Outcome> BodyAsync(byte[] bytes, string encoding)
    {
        var (body, error) = await RequestBody.ReadAsync(
            Context(new ChunkedStream(bytes, 1_000), encoding).Request, Limit, CancellationToken.None);
        return new Outcome(body, error);
    }

    private static DefaultHttpContext Context(Stream stream, string encoding)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = stream;
        context.Request.Headers.ContentEncoding = encoding;
        return context;
    }

    /// <summary>Text that does not compress to nothing.</summary>
    private static string Text(int length)
    {
        var random = new Random(7);
        return string.Create(length, random, (span, source) =>
        {
            foreach (ref var c in span)
            {
                c = (char)('a' + source.Next(26));
            }
        });
    }

    private static byte[] Compress(string text, string encoding)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var result = new MemoryStream();
        using (Stream stream = encoding.ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(result, CompressionLevel.Fastest),
            "BR" => new BrotliStream(result, CompressionLevel.Fastest),
            _ => result,
        })
        {
            stream.Write(bytes);

            // GZipStream and BrotliStream write nothing at all for no bytes unless they are flushed.
            stream.Flush();
        }

        return result.ToArray();
    }

    private sealed record Outcome(RequestBody? Body, Error? Error) : IDisposable
    {
        public void Dispose() => Body?.Dispose();
    }

    private sealed class CountingStream(byte[] bytes) : ForwardStream
    {
        public int Taken { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, bytes.Length - Taken);
            bytes.AsMemory(Taken, count).CopyTo(buffer);
            Taken += count;
            return ValueTask.FromResult(count);
        }
    }
}
