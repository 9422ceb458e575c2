using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary>What <c>POST /batch</c> reads, and what it says about itself.</summary>
public sealed class EndpointTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Good = """{ "operations": [ { "entity": "genre", "action": "read", "metadata_params": { "limit": 1 } } ] }""";

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null x")]
    [InlineData("{\"operations\": [],}")]
    [InlineData("{\"operations\": [] /* comment */}")]
    [InlineData("{\"operations\": [], \"operations\": []}")]
    [InlineData("{\"operations\": [{\"entity\": \"genre\", \"action\": \"create\", \"store_params\": {\"name\": \"\\u0000\"}}]}")]
    [InlineData("{\"operations\": [{\"entity\": \"genre\", \"action\": \"create\", \"store_params\": {\"name\": \"\\ud800\"}}]}")]
    [InlineData("{\"operations\": [{\"entity\": \"genre\", \"action\": \"create\", \"store_params\": {\"genre_id\": 1e400}}]}")]
    [InlineData("{\"operations\": [{\"entity\": \"genre\", \"action\": \"create\", \"store_params\": {\"genre_id\": NaN}}]}")]
    public async Task Refuses_what_is_not_strict_JSON(string body)
    {
        var reply = (await service.Client.PostBatchAsync(body)).Expect(400);

        Assert.Equal("MALFORMED_JSON", reply.Text("code"));
    }

    [Fact]
    public async Task Refuses_bytes_that_are_not_UTF_8_and_JSON_that_is_too_deep()
    {
        byte[] bytes = [.. "{\"operations\":\""u8, 0xff, .. "\"}"u8];
        var invalid = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        Assert.Equal("MALFORMED_JSON", (await service.Client.PostBatchAsync(invalid)).Expect(400).Text("code"));
        Assert.Equal("MALFORMED_JSON", (await service.Client.PostBatchAsync($"{new string('[', 65)}{new string(']', 65)}")).Expect(400).Text("code"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-ndjson")]
    [InlineData("application/json; charset=latin1")]
    public async Task Refuses_other_media_types(string contentType)
    {
        var content = new StringContent(Good) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };

        var reply = (await service.Client.PostBatchAsync(content)).Expect(415);

        Assert.Equal("UNSUPPORTED_MEDIA_TYPE", reply.Text("code"));
    }

    [Fact]
    public async Task Refuses_a_body_without_a_media_type() =>
        (await service.Client.PostBatchAsync(new ByteArrayContent(Encoding.UTF8.GetBytes(Good)))).Expect(415);

    [Theory]
    [InlineData("gzip", 200)]
    [InlineData("br", 200)]
    [InlineData("deflate", 415)]
    public async Task Reads_compressed_bodies_of_the_encodings_it_knows(string encoding, int status)
    {
        using var packed = new MemoryStream();
        await using (Stream packing = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            await packing.WriteAsync(Encoding.UTF8.GetBytes(Good));
        }

        var content = new ByteArrayContent(packed.ToArray())
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json"), ContentEncoding = { encoding } },
        };

        (await service.Client.PostBatchAsync(content)).Expect(status);
    }

    [Fact]
    public async Task Refuses_a_body_that_unpacks_to_more_than_10_MiB()
    {
        using var packed = new MemoryStream();
        await using (var packing = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            await packing.WriteAsync(Encoding.UTF8.GetBytes(new string(' ', 11 * 1024 * 1024)));
        var content = new ByteArrayContent(packed.ToArray())
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json"), ContentEncoding = { "gzip" } },
        };

        Assert.Equal("BODY_TOO_LARGE", (await service.Client.PostBatchAsync(content)).Expect(413).Text("code"));
    }

    [Theory]
    [InlineData("return=minimal, handling=strict", 200, "return=minimal, handling=strict")]
    [InlineData("handling=lenient, colour=blue", 200, "handling=lenient")]
    [InlineData("multi-status=200", 200, "multi-status=200")]
    [InlineData("colour=blue", 400, "")]
    [InlineData("return=everything", 400, "")]
    [InlineData("multi-status=207", 400, "")]
    public async Task Honours_the_preferences_it_knows_and_refuses_the_others(string prefer, int status, string applied)
    {
        var reply = (await service.Client.PostBatchAsync(Good, ("Prefer", prefer))).Expect(status);

        Assert.Equal(applied, reply.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Describes_itself_in_a_valid_OpenAPI_document_whose_references_all_resolve()
    {
        var document = await DocumentAsync();

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var post = document.GetProperty("paths").GetProperty("/batch").GetProperty("post");
        Assert.Equal(["200", "207", "202", "default"], post.GetProperty("responses").EnumerateObject().Select(response => response.Name));
        Assert.NotEmpty(post.GetProperty("summary").GetString()!);
        var ids = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .Where(operation => operation.Value.TryGetProperty("operationId", out _))
            .Select(operation => operation.Value.GetProperty("operationId").GetString())
            .ToList();
        Assert.Contains("PostBatch", ids);
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
        Assert.All(References(document), reference => Assert.True(Resolves(document, reference), reference));
    }

    [Fact]
    public async Task Gives_examples_that_run_as_they_are()
    {
        var content = (await DocumentAsync()).GetProperty("paths").GetProperty("/batch").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
        var examples = content.GetProperty("examples").EnumerateObject().ToList();

        Assert.True(examples.Count >= 4);
        foreach (var example in examples)
        {
            var reply = await service.Client.PostBatchAsync(example.Value.GetProperty("value").GetRawText());
            Assert.True(reply.Status is >= 200 and < 300, $"{example.Name}: {reply.Body}");
        }
    }

    private async Task<JsonElement> DocumentAsync() =>
        JsonSerializer.Deserialize<JsonElement>(await service.Client.GetStringAsync("/openapi/v1.json"));

    private static IEnumerable<string> References(JsonElement value) => value.ValueKind switch
    {
        // Examples hold $ref: texts of their own, never a member of that name.
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member =>
            member.NameEquals("$ref") ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonElement document, string reference)
    {
        var at = document;
        return reference.StartsWith("#/", StringComparison.Ordinal)
            && Array.TrueForAll(reference[2..].Split('/'), name => at.TryGetProperty(name.Replace("~1", "/", StringComparison.Ordinal), out at));
    }
}
