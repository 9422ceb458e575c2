using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class JobOrderTests
{
    [Fact]
    public async Task Reads_a_whole_envelope()
    {
        var (order, errors) = Read("""{"job_type":"rows","items":[1,{"a":2}],"options":{"x":1},"metadata":{"m":1},"callback_url":"https://example.org/"}""");
        var items = new List<ItemInput>();
        await foreach (var item in order.Open(CancellationToken.None))
        {
            items.Add(item);
        }

        Assert.Empty(errors);
        Assert.Equal(("rows", "https://example.org/", null), (order.JobType, order.CallbackUrl, order.Header));
        Assert.Equal([(0, "1"), (1, """{"a":2}""")], items.Select(item => (item.Index, item.Json.GetRawText())));
        Assert.Equal(("""{"x":1}""", """{"m":1}"""), (order.Options.GetRawText(), order.Metadata.GetRawText()));
    }

    [Theory]
    [InlineData("""{"items":[1]}""", "FIELD_MISSING /job_type")]
    [InlineData("""{"job_type":"x"}""", "FIELD_MISSING /items")]
    [InlineData("""{"job_type":"x","items":7}""", "FIELD_INVALID /items")]
    [InlineData("""{"job_type":"x","items":[]}""", "BATCH_EMPTY /items")]
    [InlineData("""{"job_type":"x","items":[1,2,3,4]}""", "BATCH_TOO_LARGE /items")]
    [InlineData("""{"job_type":"x","items":[1],"options":7,"metadata":"m","callback_url":1,"more":1}""",
        "FIELD_INVALID /options, FIELD_INVALID /metadata, FIELD_INVALID /callback_url, FIELD_UNKNOWN /more")]
    public void Tells_everything_that_is_wrong(string body, string expected)
    {
        var (_, errors) = Read(body);

        Assert.Equal(expected, string.Join(", ", errors.Select(error => $"{error.Code} {error.Pointer}")));
    }

    [Fact]
    public void Refuses_metadata_that_is_a_load_of_its_own()
    {
        var (_, errors) = Read("""{"job_type":"x","items":[1],"metadata":{"m":"?"}}""".Replace("?", new string('ü', 9_000), StringComparison.Ordinal));

        Assert.Equal("/metadata", Assert.Single(errors).Pointer);
    }

    private static (JobOrder Order, List<Error> Errors) Read(string body)
    {
        var errors = new List<Error>();
        return (JobOrder.Read(JsonElement.Parse(body), 3, errors), errors);
    }
}
