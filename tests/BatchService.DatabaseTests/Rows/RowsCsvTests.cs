using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>CSV with a header row, by RFC 4180.</summary>
public sealed class RowsCsvTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const string BestEffort = "item?action=create&atomic=false&continueOnError=true";

    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Reads_quotes_commas_and_line_breaks_inside_fields()
    {
        const string Body = "code,note\r\n\"a,1\",\"say \"\"hi\"\"\"\r\nb,\"two\r\nlines\"\r\n\r\nc,plain";

        var answer = await fixture.Client.PostTextAsync("item?action=create", Body, RowsClient.Csv);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["a,1|say \"hi\"", "b|two\r\nlines", "c|plain"], await fixture.ListAsync("SELECT code || '|' || note FROM item ORDER BY item_id"));
    }

    [Fact]
    public async Task Tells_an_empty_field_from_a_quoted_empty_one()
    {
        var answer = await fixture.Client.PostTextAsync("item?action=create", "code,note,quantity,price\na,,,\nb,\"\",5,2.5\n", RowsClient.Csv);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        // An empty field is NULL; where the column takes none but has a default, it is the default.
        Assert.Equal(["null", ""], await fixture.ListAsync("SELECT note FROM item ORDER BY item_id"));
        Assert.Equal(["1", "5"], await fixture.ListAsync("SELECT quantity FROM item ORDER BY item_id"));
        Assert.Equal(["null", "2.50"], await fixture.ListAsync("SELECT price FROM item ORDER BY item_id"));
    }

    [Fact]
    public async Task Takes_an_unquoted_mark_for_a_column_that_the_row_does_not_have()
    {
        var created = await fixture.Client.PostTextAsync(
            "item?action=create", "code,note,quantity\na,\\D,\\D\nb,\"\\D\",2\nc,x,\\D\n", RowsClient.Csv);
        Assert.Equal(HttpStatusCode.OK, created.Status);
        Assert.Equal(["none", "\\D", "x"], await fixture.ListAsync("SELECT note FROM item ORDER BY item_id"));
        Assert.Equal(["1", "2", "1"], await fixture.ListAsync("SELECT quantity FROM item ORDER BY item_id"));

        var ids = await fixture.ListAsync("SELECT item_id FROM item ORDER BY item_id");
        var updated = await fixture.Client.PostTextAsync(
            "item?action=update", $"item_id,note,quantity\n{ids[1]},\\D,7\n{ids[2]},,\\D\n", RowsClient.Csv);
        Assert.Equal(HttpStatusCode.OK, updated.Status);
        Assert.Equal(["none", "\\D", "null"], await fixture.ListAsync("SELECT note FROM item ORDER BY item_id"));
        Assert.Equal(["1", "7", "1"], await fixture.ListAsync("SELECT quantity FROM item ORDER BY item_id"));
    }

    [Theory]
    [InlineData("b", "VALIDATION_FAILED")]
    [InlineData("b,1,2", "VALIDATION_FAILED")]
    [InlineData("b,one", "TYPE_INVALID")]
    [InlineData("b,\"\"", "TYPE_INVALID")]
    [InlineData(",1", "NOT_NULL_VIOLATION")]
    [InlineData("b,-1", "CHECK_VIOLATION")]
    [InlineData("b,99999999999", "NUMERIC_OUT_OF_RANGE")]
    public async Task Makes_a_bad_record_the_error_of_its_row_alone(string record, string code)
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, $"code,quantity\na,1\n{record}\nc,3\n", RowsClient.Csv);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal($"1:{code}", answer.Failures);
        Assert.StartsWith("/items/1", answer.Results[1].GetProperty("pointer").GetString(), StringComparison.Ordinal);
        Assert.Equal(["a", "c"], await fixture.ListAsync("SELECT code FROM item ORDER BY code"));
    }

    [Theory]
    [InlineData("", "MALFORMED_JSON")]
    [InlineData("code,,note\na,b,c\n", "MALFORMED_JSON")]
    [InlineData("code,code\na,b\n", "MALFORMED_JSON")]
    [InlineData("\"code\na,b\n", "MALFORMED_JSON")]
    [InlineData("code,colour\na,b\n", "COLUMN_UNKNOWN")]
    [InlineData("Code\na\n", "COLUMN_UNKNOWN")]
    public async Task Refuses_the_whole_body_for_a_wrong_header(string body, string code)
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, body, RowsClient.Csv);

        Assert.True(answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity, answer.Text);
        Assert.Equal(code, answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("code\nRock; Pop\nJazz; Blues\n", "Rock; Pop,Jazz; Blues")]
    [InlineData("code\na|b\nc|d\n", "a|b,c|d")]
    [InlineData("code\na\tb\nc\td\n", "a\tb,c\td")]
    public async Task Separates_fields_by_commas_alone(string body, string codes)
    {
        var answer = await fixture.Client.PostTextAsync("item?action=create", body, RowsClient.Csv);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(codes, string.Join(',', await fixture.ListAsync("SELECT code FROM item ORDER BY item_id")));
    }

    [Fact]
    public async Task Takes_no_other_separator_for_a_comma()
    {
        var answer = await fixture.Client.PostTextAsync("item?action=create", "code;note\na;b\n", RowsClient.Csv);

        Assert.Equal("COLUMN_UNKNOWN", answer.Code);
    }

    [Fact]
    public async Task Fails_the_row_and_ends_where_a_quote_is_out_of_place()
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, "code,note\na,1\nb,\"x\"y\nc,3\n", RowsClient.Csv);

        Assert.Contains("Nothing after it was read", answer.Results[^1].GetProperty("error").GetString(), StringComparison.Ordinal);

        Assert.StartsWith("1:MALFORMED_JSON", answer.Failures, StringComparison.Ordinal);
        Assert.Contains("a", await fixture.ListAsync("SELECT code FROM item"));
        Assert.DoesNotContain("b", await fixture.ListAsync("SELECT code FROM item"));
    }

    [Fact]
    public async Task Updates_and_deletes_by_etag_from_a_table()
    {
        var created = await fixture.Client.PostTextAsync("item?action=create", "code\na\nb\n", RowsClient.Csv);
        var etags = created.Results.Select(result => result.GetProperty("data").GetProperty("$etag").GetString()).ToList();

        var answer = await fixture.Client.PostTextAsync(
            "item?action=update&atomic=false&continueOnError=true", $"item_id,$etag,quantity\n1,{etags[0]},5\n2,{etags[0]},5\n", RowsClient.Csv);

        Assert.Equal("1:PRECONDITION_FAILED", answer.Failures);
        Assert.Equal(["5", "1"], await fixture.ListAsync("SELECT quantity FROM item ORDER BY item_id"));
    }

    [Fact]
    public async Task Writes_its_results_in_lines_when_asked()
    {
        var answer = await fixture.Client.PostTextAsync(BestEffort, "code\na\na\n", RowsClient.Csv, ("Accept", RowsClient.Ndjson));

        Assert.Equal(RowsClient.Ndjson, answer.MediaType);
        Assert.Equal("1:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal((2, 1, 1, 0), answer.Counts);
    }
}
