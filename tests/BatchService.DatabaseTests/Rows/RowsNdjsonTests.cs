using System.Net;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Rows;

/// <summary>One row a line: what a line may be, and what a bad one does to the others.</summary>
public sealed class RowsNdjsonTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const string BestEffort = "item?action=create&atomic=false&continueOnError=true";

    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Takes_blank_lines_crlf_a_byte_order_mark_and_a_last_line_without_end()
    {
        const string Body = "\uFEFF{\"code\":\"a\"}\r\n\r\n  \n{\"code\":\"b\"}\n\t\r\n{\"code\":\"c\"}";

        var answer = await fixture.Client.PostTextAsync("item?action=create", Body, RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([0, 1, 2], answer.Results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(["a", "b", "c"], await StoredAsync());
    }

    [Theory]
    [InlineData("{\"code\":\"x\"", "MALFORMED_JSON")]
    [InlineData("{\"code\":\"x\"} {\"code\":\"y\"}", "MALFORMED_JSON")]
    [InlineData("{\"code\":\"x\",\"code\":\"y\"}", "MALFORMED_JSON")]
    [InlineData("{\"code\":\"\\ud800\"}", "MALFORMED_JSON")]
    [InlineData("{\"code\":\"x\\u0000\"}", "MALFORMED_JSON")]
    [InlineData("{\"code\":1e999}", "MALFORMED_JSON")]
    [InlineData("[1]", "TYPE_INVALID")]
    [InlineData("null", "TYPE_INVALID")]
    [InlineData("{\"colour\":\"red\",\"code\":\"x\"}", "COLUMN_UNKNOWN")]
    public async Task Makes_a_bad_line_the_error_of_its_row_alone(string line, string code)
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, $"{{\"code\":\"a\"}}\n{line}\n{{\"code\":\"c\"}}\n", RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal($"1:{code}", answer.Failures);
        Assert.StartsWith("/items/1", answer.Results[1].GetProperty("pointer").GetString(), StringComparison.Ordinal);
        Assert.Equal(["a", "c"], await StoredAsync());
    }

    [Theory]
    [InlineData("{\"code\":\"x\"")]
    [InlineData("{\"code\":\"x\",\"code\":\"y\"}")]
    [InlineData("\uFEFF{\"code\":\"x\"}")]
    public async Task Names_the_line_of_the_stream_that_is_not_json(string line)
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, $"{{\"code\":\"a\"}}\n\n{line}\n", RowsClient.Ndjson);

        Assert.Contains(" line 3, ", answer.Results[1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_invalid_utf8_the_error_of_its_row_alone()
    {
        byte[] body = [.. "{\"code\":\"a\"}\n{\"code\":\""u8, 0xC3, 0x28, .. "\"}\n{\"code\":\"c\"}\n"u8];

        var answer = await fixture.Client.PostBytesAsync(BestEffort, body, RowsClient.Ndjson);

        Assert.Equal("1:MALFORMED_JSON", answer.Failures);
        Assert.Equal(["a", "c"], await StoredAsync());
    }

    [Fact]
    public async Task Rolls_an_atomic_stream_back_for_a_bad_line()
    {
        var answer = await fixture.Client.PostTextAsync("item?action=create", "{\"code\":\"a\"}\n{bad\n{\"code\":\"c\"}\n", RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("MALFORMED_JSON", answer.Code);
        Assert.Equal("1:MALFORMED_JSON", answer.Failures);
        Assert.DoesNotContain("completed", answer.Statuses, StringComparison.Ordinal);
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task Fails_a_line_that_is_too_long_alone()
    {
        var body = $"{{\"code\":\"a\"}}\n{{\"code\":\"{new string('x', 1024 * 1024)}\"}}\n{{\"code\":\"c\"}}\n";

        var answer = await fixture.Client.PostTextAsync(BestEffort, body, RowsClient.Ndjson);

        Assert.Equal(("completed failed completed", "1:LINE_TOO_LONG"), (answer.Statuses, answer.Failures));
        Assert.Equal(413, answer.Results[1].GetProperty("statusCode").GetInt32());
        Assert.Equal(["a", "c"], await StoredAsync());
    }

    [Fact]
    public async Task Refuses_an_atomic_stream_with_a_line_that_is_too_long()
    {
        var body = $"{{\"code\":\"a\"}}\n{{\"code\":\"{new string('x', 1024 * 1024)}\"}}\n";

        var answer = await fixture.Client.PostTextAsync("item?action=create", body, RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Equal("LINE_TOO_LONG", answer.Code);
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task Finds_all_errors_of_an_atomic_stream_behind_a_line_that_is_too_long_and_writes_nothing()
    {
        var body = $"{{\"code\":\"a\"}}\n{{\"code\":\"{new string('x', 1024 * 1024)}\"}}\n{{bad\n{{\"code\":\"d\"}}\n";

        var answer = await fixture.Client.PostTextAsync("item?action=create&continueOnError=true", body, RowsClient.Ndjson);

        Assert.Equal("1:LINE_TOO_LONG 2:MALFORMED_JSON", answer.Failures);
        Assert.DoesNotContain("completed", answer.Statuses, StringComparison.Ordinal);
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task Answers_with_a_line_a_row_and_a_summary_at_the_end()
    {
        var answer = await fixture.Client.PostTextAsync(
            BestEffort, "{\"code\":\"a\"}\n{\"code\":\"b\",\"quantity\":-1}\n", RowsClient.Ndjson, ("Accept", RowsClient.Ndjson));

        var lines = answer.Text.TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        Assert.Equal(RowsClient.Ndjson, answer.MediaType);
        Assert.Equal(3, lines.Count);
        Assert.Equal("completed failed", answer.Statuses);
        Assert.Equal("summary", Assert.Single(lines[2].EnumerateObject()).Name);
        Assert.Equal((2, 1, 1, 0), answer.Counts);
        Assert.EndsWith("\n", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_a_json_body_in_lines_too_when_asked(bool atomic)
    {
        var body = $$"""{"action":"create","items":[{"code":"a"},{"code":"b"}],"options":{"atomic":{{(atomic ? "true" : "false")}} } }""";

        var answer = await fixture.Client.PostTextAsync("item", body, RowsClient.Json, ("Accept", RowsClient.Ndjson));

        Assert.Equal(RowsClient.Ndjson, answer.MediaType);
        Assert.Equal("completed completed", answer.Statuses);
        Assert.True(answer.Root.GetProperty("committed").GetBoolean());
    }

    [Fact]
    public async Task Takes_more_rows_than_a_json_body_may_have()
    {
        var body = new StringBuilder();
        for (var n = 0; n < 25_000; n++)
        {
            body.Append("{\"n\":").Append(n).Append("}\n");
        }

        var answer = await fixture.Client.PostTextAsync("stamp?action=create&return=minimal&results=failed", body.ToString(), RowsClient.Ndjson);

        Assert.Equal((25_000, 25_000, 0, 0), answer.Counts);
        Assert.Empty(answer.Results);
        Assert.Equal(25_000, await fixture.CountAsync("stamp"));
        Assert.Equal(1, await fixture.ReadAsync<long>("SELECT count(DISTINCT top) FROM stamp"));
    }

    private Task<IReadOnlyList<string>> StoredAsync() => fixture.ListAsync("SELECT code FROM item ORDER BY code");
}
