using System.Net;
using System.Text;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations/stream</c> with a body that is all there.</summary>
public sealed class AttestationStreamTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    private static readonly object[] s_mixed =
        [new { subjects = new[] { "a" } }, new { subjects = Array.Empty<string>() }, new { id = AttestationsFixture.IdOf(7), subjects = new[] { "c" } }];

    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Answers_every_line_and_sums_up_in_the_last()
    {
        await fixture.InsertAsync(AttestationsFixture.IdOf(7));

        var answer = await fixture.Client.StreamAsync(s_mixed);

        Assert.Equal((HttpStatusCode.OK, RowsClient.Ndjson), (answer.Status, answer.MediaType));
        Assert.Equal(("completed failed failed", "1:FIELD_INVALID 2:UNIQUE_VIOLATION"), (answer.Statuses, answer.Failures));
        Assert.Equal("a", answer.Results[0].GetProperty("attestation").Subject());
        Assert.Equal(answer.Results[0].Id(), answer.Results[0].GetProperty("attestation").Id());
        Assert.Equal("/commands/2/id", answer.Results[2].GetProperty("pointer").GetString());
        Assert.Equal((1, 2, 3), answer.Sums());
        Assert.Equal(33.3, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal(2, await fixture.CountAsync());
    }

    [Fact]
    public async Task Answers_an_empty_stream_with_a_summary_alone()
    {
        var answer = await fixture.Client.StreamAsync([]);

        Assert.Equal((HttpStatusCode.OK, (0, 0, 0), 0), (answer.Status, answer.Sums(), answer.Results.Count));
    }

    [Fact]
    public async Task Goes_on_after_lines_that_are_no_json()
    {
        var answer = await fixture.Client.PostContentAsync(
            "/attestations/stream", new StringContent("{\"subjects\":[\"a\"]}\n{\"subjects\":\nnull\n\"x\"\n{\"subjects\":[\"b\"]}"), RowsClient.Ndjson);

        Assert.Equal("completed failed failed failed completed", answer.Statuses);
        Assert.Equal("1:MALFORMED_JSON 2:FIELD_INVALID 3:FIELD_INVALID", answer.Failures);
        Assert.Equal(2, await fixture.CountAsync());
    }

    [Fact]
    public async Task Goes_on_after_a_line_that_is_too_long_and_sends_the_counts_behind_the_lines()
    {
        var line = $"{{\"subjects\":[\"{new string('x', 1024 * 1024)}\"]}}";
        using var content = new StringContent($"{{\"subjects\":[\"a\"]}}\n{line}\n{{\"subjects\":[\"b\"]}}\n", Encoding.UTF8, RowsClient.Ndjson);

        using var response = await fixture.Client.PostAsync(new Uri("/attestations/stream", UriKind.Relative), content);
        var answer = await RowsAnswer.ReadAsync(response);

        Assert.Equal(("completed failed completed", "1:LINE_TOO_LONG"), (answer.Statuses, answer.Failures));
        Assert.Equal(2, await fixture.CountAsync());
        Assert.Equal(["Batch-Succeeded", "Batch-Failed"], response.Headers.Trailer);
        Assert.Null(answer.Header("Batch-Succeeded"));
        Assert.Equal("2 1", string.Join(' ', response.TrailingHeaders.SelectMany(trailer => trailer.Value)));
    }

    [Fact]
    public async Task Writes_all_or_nothing_when_asked_to()
    {
        await fixture.InsertAsync(AttestationsFixture.IdOf(7));

        var failed = await fixture.Client.StreamAsync(s_mixed, "?mode=atomic");
        var done = await fixture.Client.StreamAsync([s_mixed[0], s_mixed[0]], "?mode=atomic&chunk_size=1");

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (failed.Status, failed.MediaType));
        Assert.Equal("rolled_back failed failed", string.Join(' ', failed.Root.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString())));
        Assert.Equal((HttpStatusCode.OK, (2, 0, 2)), (done.Status, done.Sums()));
        Assert.Equal(3, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("?mode=sometimes")]
    [InlineData("?chunk_size=0")]
    [InlineData("?chunk_size=10001")]
    [InlineData("?chunk_size=ten")]
    public async Task Refuses_a_wrong_parameter(string query)
    {
        var answer = await fixture.Client.StreamAsync(s_mixed, query);

        Assert.Equal((HttpStatusCode.BadRequest, "FIELD_INVALID"), (answer.Status, answer.Code));
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Takes_and_gives_nothing_but_ndjson()
    {
        var json = await fixture.Client.PostRawAsync("/attestations/stream", """{"subjects":["a"]}""");
        var wanted = await fixture.Client.StreamAsync(s_mixed, "", ("Accept", "text/html"));

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, HttpStatusCode.NotAcceptable), (json.Status, wanted.Status));
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Leaves_out_the_attestations_when_that_is_preferred()
    {
        var answer = await fixture.Client.StreamAsync(s_mixed, "", ("Prefer", "return=minimal"));

        Assert.False(answer.Results[0].TryGetProperty("attestation", out _));
        Assert.Equal(1, await fixture.CountAsync($"id = '{answer.Results[0].Id()}'"));
    }

    [Fact]
    public async Task Has_no_limit_of_commands()
    {
        var body = new StringBuilder().Insert(0, "{\"subjects\":[\"a\"]}\n", 100_500).ToString();

        var answer = await fixture.Client.PostContentAsync("/attestations/stream", new StringContent(body), RowsClient.Ndjson, ("Prefer", "return=minimal"));

        Assert.Equal((100_500, 0, 100_500), answer.Sums());
        Assert.Equal(100_500, await fixture.CountAsync());
    }

    [Fact]
    public async Task Fails_the_later_one_of_two_with_the_same_id_in_different_chunks()
    {
        object one = new { id = AttestationsFixture.IdOf(1), subjects = new[] { "a" } };

        var answer = await fixture.Client.StreamAsync([one, s_mixed[0], one], "?chunk_size=1");

        Assert.Equal("2:DUPLICATE_IN_BATCH", answer.Failures);
        Assert.Equal(2, await fixture.CountAsync());
    }
}
