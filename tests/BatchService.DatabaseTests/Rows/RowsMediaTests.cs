using System.IO.Compression;
using System.Net;
using System.Text;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Media types, compressed bodies, limits in bytes, and preferences.</summary>
public sealed class RowsMediaTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const string Body = """{"action":"create","items":[{"code":"a"},{"code":"b"}]}""";

    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("gzip", RowsClient.Json, "item", Body)]
    [InlineData("br", RowsClient.Json, "item", Body)]
    [InlineData("gzip", RowsClient.Ndjson, "item?action=create", "{\"code\":\"a\"}\n{\"code\":\"b\"}\n")]
    [InlineData("br", RowsClient.Csv, "item?action=create&atomic=false", "code\na\nb\n")]
    [InlineData("identity", RowsClient.Csv, "item?action=create", "code\na\nb\n")]
    public async Task Takes_compressed_bodies(string encoding, string contentType, string target, string body)
    {
        var answer = await fixture.Client.PostBytesAsync(
            target, Compress(encoding, Encoding.UTF8.GetBytes(body)), contentType, ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(2, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task Refuses_a_json_body_of_more_than_ten_mebibytes_decompressed(string encoding)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"action":"create","items":[{"code":"{{new string('x', 11 * 1024 * 1024)}}"}]}""");

        var answer = await fixture.Client.PostBytesAsync("item", Compress(encoding, body), RowsClient.Json, ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Equal("BODY_TOO_LARGE", answer.Code);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("br", true)]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    public async Task Holds_no_more_of_a_bomb_of_a_stream_than_a_line(string encoding, bool atomic)
    {
        // 200 MiB without a line feed, in some hundred bytes or kilobytes.
        using var packed = new MemoryStream();
        await using (var packer = Packer(encoding, packed))
        {
            var zeros = new byte[1024 * 1024];
            Array.Fill(zeros, (byte)' ');
            for (var mebibyte = 0; mebibyte < 200; mebibyte++)
            {
                await packer.WriteAsync(zeros);
            }
        }

        var answer = await fixture.Client.PostBytesAsync(
            $"item?action=create&atomic={(atomic ? "true" : "false")}", packed.ToArray(), RowsClient.Ndjson, ("Content-Encoding", encoding));

        Assert.True((int)answer.Status is 413 or 207, answer.Text);
        Assert.Equal("0:LINE_TOO_LONG", answer.Failures);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("gzip", RowsClient.Json, "item")]
    [InlineData("br", RowsClient.Json, "item")]
    [InlineData("gzip", RowsClient.Ndjson, "item?action=create")]
    [InlineData("br", RowsClient.Csv, "item?action=create")]
    public async Task Refuses_a_body_that_is_not_what_its_encoding_says(string encoding, string contentType, string target)
    {
        var answer = await fixture.Client.PostTextAsync(target, "this is not compressed at all", contentType, ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("MALFORMED_JSON", answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/jsonl")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("text/csv; header=absent")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Refuses_a_media_type_that_it_does_not_read(string contentType)
    {
        var answer = await fixture.Client.PostTextAsync("item", Body, contentType);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Equal("UNSUPPORTED_MEDIA_TYPE", answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    public async Task Refuses_an_encoding_that_it_does_not_read(string encoding)
    {
        var answer = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Equal("gzip, br", answer.Header("Accept-Encoding"));
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/csv")]
    [InlineData("application/json;q=0")]
    public async Task Refuses_an_accept_that_it_cannot_meet_and_writes_nothing(string accept)
    {
        var answer = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Accept", accept));

        Assert.Equal(HttpStatusCode.NotAcceptable, answer.Status);
        Assert.Equal("NOT_ACCEPTABLE", answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("*/*", RowsClient.Json)]
    [InlineData("application/*", RowsClient.Json)]
    [InlineData("text/html, */*;q=0.1", RowsClient.Json)]
    [InlineData("application/json;q=0.5, application/x-ndjson", RowsClient.Ndjson)]
    public async Task Answers_in_what_the_client_likes_best(string accept, string expected)
    {
        var answer = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Accept", accept));

        Assert.Equal(expected, answer.MediaType);
        Assert.Equal("completed completed", answer.Statuses);
    }

    [Theory]
    [InlineData("return=minimal", false)]
    [InlineData("return=representation", true)]
    public async Task Follows_the_preference_for_the_answer_and_says_so(string prefer, bool hasData)
    {
        var answer = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Prefer", prefer));

        Assert.Equal(hasData, answer.Results[0].TryGetProperty("data", out _));
        Assert.Equal(prefer, answer.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Answers_200_in_place_of_207_when_preferred()
    {
        var answer = await fixture.Client.PostTextAsync(
            "item?action=create&atomic=false&continueOnError=true", "code\na\na\n", RowsClient.Csv, ("Prefer", "multi-status=200"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("1:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal("multi-status=200", answer.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Refuses_an_unknown_preference_unless_told_to_be_lenient()
    {
        var strict = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Prefer", "colour=red"));
        Assert.Equal((HttpStatusCode.BadRequest, "FIELD_UNKNOWN"), (strict.Status, strict.Code));
        Assert.Equal(0, await fixture.CountAsync("item"));

        var lenient = await fixture.Client.PostTextAsync("item", Body, RowsClient.Json, ("Prefer", "colour=red, handling=lenient"));
        Assert.Equal(HttpStatusCode.OK, lenient.Status);
        Assert.Equal("handling=lenient", lenient.Header("Preference-Applied"));
        Assert.Equal(2, await fixture.CountAsync("item"));
    }

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        if (encoding == "identity")
        {
            return bytes;
        }

        using var packed = new MemoryStream();
        using (var packer = Packer(encoding, packed))
        {
            packer.Write(bytes);
        }

        return packed.ToArray();
    }

    private static Stream Packer(string encoding, Stream target) => encoding == "gzip"
        ? new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true)
        : new BrotliStream(target, CompressionLevel.Fastest, leaveOpen: true);
}
