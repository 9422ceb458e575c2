using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Requests that are wrong as a whole: nothing runs, and every fault is named.</summary>
public sealed class RowsRequestTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Takes_ten_thousand_items_and_refuses_one_more_with_the_known_text()
    {
        var rows = Enumerable.Range(0, 10_001).Select(index => (object)new { n = index }).ToList();

        var refused = await fixture.Client.PostRowsAsync("stamp", "create", rows);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("BATCH_TOO_LARGE", refused.Code);
        Assert.Equal("Batch size exceeds maximum (10000). Requested: 10001", refused.Root.GetProperty("error").GetString());
        Assert.Equal(0, await fixture.CountAsync("stamp"));
        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.PostRowsAsync("stamp", "create", rows.Take(10_000))).Status);
        Assert.Equal(10_000, await fixture.CountAsync("stamp"));
    }

    [Theory]
    [InlineData("{\"action\":\"create\",\"items\":[]}", RowsClient.Json, "item")]
    [InlineData("\n \n", RowsClient.Ndjson, "item?action=create")]
    [InlineData("", RowsClient.Ndjson, "item?action=create")]
    [InlineData("code\n", RowsClient.Csv, "item?action=create")]
    [InlineData("", RowsClient.Ndjson, "item?action=create&atomic=false")]
    public async Task Refuses_a_batch_without_items(string body, string contentType, string target)
    {
        var answer = await fixture.Client.PostTextAsync(target, body, contentType);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("BATCH_EMPTY", answer.Code);
        Assert.Equal("Batch request must contain at least one item", answer.Root.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("""{"items":[{"code":"a"}]}""", "FIELD_MISSING")]
    [InlineData("""{"action":"create"}""", "FIELD_MISSING")]
    [InlineData("""{"action":"drop","items":[{"code":"a"}]}""", "ACTION_INVALID")]
    [InlineData("""{"action":"read","items":[{"code":"a"}]}""", "ACTION_INVALID")]
    [InlineData("""{"action":"create","items":{"code":"a"}}""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":null}""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"rows":[]}""", "FIELD_UNKNOWN")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"options":{"Atomic":true}}""", "FIELD_UNKNOWN")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"options":{"atomic":"true"}}""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"options":{"return":"all"}}""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"options":{"validateOnly":true}}""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":[{"code":"a"}],"options":[]}""", "FIELD_INVALID")]
    [InlineData("""[{"code":"a"}]""", "FIELD_INVALID")]
    [InlineData("""{"action":"create","items":[{"code":"a","code":"b"}]}""", "MALFORMED_JSON")]
    [InlineData("""{"action":"create","items":[{"code":"a"}""", "MALFORMED_JSON")]
    [InlineData("""{"action":"create","items":[{"code":"\u0000"}]}""", "MALFORMED_JSON")]
    [InlineData("""{"action":"create","items":[{"code":"\ud800"}]}""", "MALFORMED_JSON")]
    [InlineData("", "MALFORMED_JSON")]
    public async Task Refuses_a_body_of_the_wrong_shape(string body, string code)
    {
        var answer = await fixture.Client.PostTextAsync("item", body, RowsClient.Json);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(code, answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Names_all_faults_of_a_request_at_once()
    {
        var answer = await fixture.Client.PostTextAsync(
            "item", """{"acton":"create","items":[],"options":{"atomik":true,"return":"all"}}""", RowsClient.Json);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(
            ["FIELD_UNKNOWN /acton", "FIELD_MISSING /action", "FIELD_UNKNOWN /options/atomik", "FIELD_INVALID /options/return", "BATCH_EMPTY /items"],
            answer.Root.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("code")} {error.GetProperty("pointer")}"));
    }

    [Theory]
    [InlineData("item?action=create&color=red", "FIELD_UNKNOWN")]
    [InlineData("item?action=create&atomic=yes", "FIELD_INVALID")]
    [InlineData("item?action=create&atomic=", "FIELD_INVALID")]
    [InlineData("item?action=create&atomic=true&atomic=false", "FIELD_INVALID")]
    [InlineData("item?action=create&results=some", "FIELD_INVALID")]
    [InlineData("item?action=create&on_conflict=code", "FIELD_INVALID")]
    [InlineData("item?action=create&Action=update", "FIELD_UNKNOWN")]
    [InlineData("item?action=erase", "ACTION_INVALID")]
    [InlineData("item", "FIELD_MISSING")]
    public async Task Refuses_a_stream_whose_query_string_is_wrong(string target, string code)
    {
        var answer = await fixture.Client.PostTextAsync(target, "{\"code\":\"a\"}\n", RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(code, answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Refuses_the_query_parameters_of_a_stream_beside_a_json_body()
    {
        var answer = await fixture.Client.PostTextAsync("item?atomic=false", """{"action":"create","items":[{"code":"a"}]}""", RowsClient.Json);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("FIELD_UNKNOWN", answer.Code);
        Assert.Equal(0, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData("ghost", RowsClient.Json)]
    [InlineData("idempotency_key", RowsClient.Json)]
    [InlineData("pg_class", RowsClient.Json)]
    [InlineData("public.item", RowsClient.Json)]
    [InlineData("ghost?action=create", RowsClient.Ndjson)]
    [InlineData("ghost?action=create", RowsClient.Csv)]
    public async Task Answers_404_for_what_is_no_entity(string target, string contentType)
    {
        var body = contentType == RowsClient.Json ? """{"action":"create","items":[{"code":"a"}]}""" : contentType == RowsClient.Csv ? "code\na\n" : "{\"code\":\"a\"}\n";

        var answer = await fixture.Client.PostTextAsync(target, body, contentType);

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("ENTITY_UNKNOWN", answer.Code);
    }

    [Theory]
    [InlineData("update", "stamp")]
    [InlineData("delete", "stamp")]
    public async Task Refuses_to_change_rows_of_a_table_without_primary_key(string action, string entity)
    {
        var answer = await fixture.Client.PostRowsAsync(entity, action, [new { n = 1 }]);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("ACTION_INVALID", answer.Code);
    }

    [Fact]
    public async Task Reports_a_row_that_is_no_object_at_its_index()
    {
        var answer = await fixture.Client.PostTextAsync(
            "item", """{"action":"create","items":[{"code":"a"},7,null,["x"]],"options":{"atomic":false,"continueOnError":true}}""", RowsClient.Json);

        Assert.Equal("1:TYPE_INVALID 2:TYPE_INVALID 3:TYPE_INVALID", answer.Failures);
        Assert.Equal(1, await fixture.CountAsync("item"));
    }

    [Fact]
    public async Task Finds_a_table_that_was_made_after_the_service_started()
    {
        await fixture.ExecuteAsync("CREATE TABLE late (late_id integer PRIMARY KEY)");

        // A refusal may rest on a catalog that was read up to a second ago.
        var answer = await fixture.Client.PostRowsAsync("late", "create", [new { late_id = 1 }]);
        for (var tries = 0; answer.Status == HttpStatusCode.NotFound && tries < 50; tries++)
        {
            await Task.Delay(50);
            answer = await fixture.Client.PostRowsAsync("late", "create", [new { late_id = 1 }]);
        }

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(1, await fixture.CountAsync("late"));
    }
}
