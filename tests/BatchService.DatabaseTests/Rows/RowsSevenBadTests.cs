using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>10,000 rows of which 7 are bad in 7 ways: exactly those are reported, each with its own error, and all others are stored.</summary>
public sealed class RowsSevenBadTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const int Count = 10_000;

    private const string Expected =
        "0:UNIQUE_VIOLATION 999:NOT_NULL_VIOLATION 1000:FOREIGN_KEY_VIOLATION 4711:CHECK_VIOLATION " +
        "4712:TYPE_INVALID 7500:VALUE_TOO_LONG 9999:ROW_SECURITY_VIOLATION";

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('taken')");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Reports_exactly_the_seven_bad_rows_of_ten_thousand_in_json_and_stores_the_others()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Rows(), RowsClient.BestEffort);

        await AssertSevenAsync(answer);
        Assert.Equal(RowsClient.Json, answer.MediaType);
        Assert.Equal(
            ["0", "999", "1000", "4711", "4712", "7500", "9999"], answer.Root.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task Reports_exactly_the_seven_bad_rows_of_ten_thousand_lines_and_stores_the_others()
    {
        var answer = await fixture.Client.PostTextAsync(
            "item?action=create&atomic=false&continueOnError=true",
            RowsClient.Lines(Rows()),
            RowsClient.Ndjson,
            ("Accept", RowsClient.Ndjson));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await AssertSevenAsync(answer with { Status = HttpStatusCode.MultiStatus });
    }

    [Fact]
    public async Task Finds_all_seven_in_one_transaction_and_stores_none()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Rows(), new { atomic = true, continueOnError = true });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal(Expected, answer.Failures);
        Assert.Equal((Count, 0, 7, Count - 7), answer.Counts);
        Assert.Equal(1, await fixture.CountAsync("item"));
    }

    private async Task AssertSevenAsync(RowsAnswer answer)
    {
        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal(Expected, answer.Failures);
        Assert.Equal((Count, Count - 7, 7, 0), answer.Counts);
        Assert.Equal(Enumerable.Range(0, Count), answer.Results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(
            ["/items/0/code", "/items/999/name", "/items/1000/region_id", "/items/4711/quantity", "/items/4712/due", "/items/7500/name", "/items/9999"],
            answer.Results.Where(result => result.GetProperty("status").GetString() == "failed").Select(result => result.GetProperty("pointer").GetString()));
        var stored = await fixture.ListAsync("SELECT substr(code, 2) FROM item WHERE code <> 'taken' ORDER BY substr(code, 2)::integer");
        Assert.Equal(Enumerable.Range(0, Count).Except([0, 999, 1000, 4711, 4712, 7500, 9999]).Select(index => $"{index}"), stored);
    }

    private static IEnumerable<object> Rows() => Enumerable.Range(0, Count).Select(index => (object)(index switch
    {
        0 => new { code = "taken" },
        999 => new { code = "r999", name = (string?)null },
        1000 => new { code = "r1000", region_id = 99 },
        4711 => new { code = "r4711", quantity = -1 },
        4712 => new { code = "r4712", due = "someday" },
        7500 => new { code = "r7500", name = new string('x', 21) },
        9999 => new { code = "r9999", tenant = "b" },
        _ => new { code = $"r{index}", quantity = index, region_id = 1 + (index % 2) },
    }));
}
