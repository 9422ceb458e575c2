using System.Net;
using System.Text.Json;

namespace BatchService.DatabaseTests.Rows;

/// <summary>What becomes of the other rows when one fails, in every mode, for failures that only the database can find.</summary>
public sealed class RowsModeTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private static readonly object[] Items =
    [
        new { code = "a" }, new { code = "b" }, new { code = "taken" }, new { code = "c" }, new { code = "d", region_id = 99 }, new { code = "e" },
    ];

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('taken')");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Atomic_stops_at_the_first_failure_and_leaves_nothing()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Items);

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal("rolled_back rolled_back failed not_executed not_executed not_executed", answer.Statuses);
        Assert.Equal("UNIQUE_VIOLATION", answer.Code);
        Assert.Equal((6, 0, 1, 5), answer.Counts);
        Assert.Equal(("0", "1"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.False(answer.Root.GetProperty("success").GetBoolean());
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(answer.Root.GetProperty("detail").GetString(), answer.Root.GetProperty("error").GetString());
        Assert.Equal("2", Assert.Single(answer.Root.GetProperty("errors").EnumerateObject()).Name);
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Atomic_that_goes_on_finds_every_failure_and_leaves_nothing()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Items, new { atomic = true, continueOnError = true });

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal("rolled_back rolled_back failed rolled_back failed rolled_back", answer.Statuses);
        Assert.Equal("2:UNIQUE_VIOLATION 4:FOREIGN_KEY_VIOLATION", answer.Failures);
        Assert.Equal([2, 4], answer.Root.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("index").GetInt32()));
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Best_effort_that_stops_keeps_what_came_before_the_failure()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Items, new { atomic = false, continueOnError = false });

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal("completed completed failed not_executed not_executed not_executed", answer.Statuses);
        Assert.Equal((6, 2, 1, 3), answer.Counts);
        Assert.True(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(["a", "b", "taken"], await StoredAsync());
    }

    [Fact]
    public async Task Best_effort_that_goes_on_keeps_all_but_the_failures()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Items, RowsClient.BestEffort);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal("completed completed failed completed failed completed", answer.Statuses);
        Assert.Equal(66.7, answer.Root.GetProperty("successRate").GetDouble());
        Assert.Equal(("4", "2"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.Equal(["a", "b", "c", "e", "taken"], await StoredAsync());
    }

    [Fact]
    public async Task Answers_422_when_the_failures_of_an_atomic_batch_have_different_statuses()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", [new { code = "taken" }, new { code = "x", quantity = -1 }], new { atomic = true, continueOnError = true });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("0:UNIQUE_VIOLATION 1:CHECK_VIOLATION", answer.Failures);
    }

    [Fact]
    public async Task Atomic_update_of_a_missing_row_answers_404_and_touches_nothing()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "update", [new { item_id = 1, quantity = 5 }, new { item_id = 9, quantity = 5 }]);

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("rolled_back failed", answer.Statuses);
        Assert.Equal("NOT_MODIFIED", answer.Code);
        Assert.Equal(1, await fixture.CountAsync("item WHERE quantity = 1"));
    }

    [Theory]
    [InlineData("text/csv", "code\na\n\"b\"\ntaken\nc\n")]
    [InlineData("application/x-ndjson", "{\"code\":\"a\"}\n{\"code\":\"b\"}\n{\"code\":\"taken\"}\n{\"code\":\"c\"}\n")]
    public async Task Streams_are_atomic_unless_they_say_otherwise(string contentType, string body)
    {
        var answer = await fixture.Client.PostTextAsync("item?action=create", body, contentType);

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal("rolled_back rolled_back failed not_executed", answer.Statuses);
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Rolls_back_every_chunk_of_an_atomic_stream_that_fails_in_the_last()
    {
        var rows = Enumerable.Range(0, 3_500).Select(index => (object)new { code = index == 3_400 ? "taken" : $"r{index}" });

        var answer = await fixture.Client.PostTextAsync("item?action=create", RowsClient.Lines(rows), RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal((3_500, 0, 1, 3_499), answer.Counts);
        Assert.Equal("rolled_back", answer.Results[3_399].GetProperty("status").GetString());
        Assert.Equal("failed", answer.Results[3_400].GetProperty("status").GetString());
        Assert.Equal("not_executed", answer.Results[3_401].GetProperty("status").GetString());
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Says_not_executed_of_all_that_follows_the_failure_of_a_stream_that_stops()
    {
        var rows = Enumerable.Range(0, 2_500).Select(index => (object)new { code = index == 1_100 ? "taken" : $"r{index}" });

        var answer = await fixture.Client.PostTextAsync("item?action=create&atomic=false", RowsClient.Lines(rows), RowsClient.Ndjson);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal((2_500, 1_100, 1, 1_399), answer.Counts);
        Assert.Equal("1100:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal(1_101, await fixture.CountAsync("item"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Executes_a_dry_run_for_real_and_leaves_no_row(bool atomic)
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", Items, new { atomic, continueOnError = true, validateOnly = "execute" });

        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal("2:UNIQUE_VIOLATION 4:FOREIGN_KEY_VIOLATION", answer.Failures);
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Theory]
    [InlineData(RowsClient.Ndjson, "{\"code\":\"a\"}\n{\"code\":\"taken\"}\n{\"code\":\"c\"}\n", "item?action=create&atomic=false&continueOnError=true&validateOnly=execute")]
    [InlineData(RowsClient.Csv, "code\na\ntaken\nc\n", "item?action=create&atomic=false&continueOnError=true&validateOnly=execute")]
    public async Task Tells_the_rows_of_a_stream_in_a_dry_run(string contentType, string body, string target)
    {
        var answer = await fixture.Client.PostTextAsync(target, body, contentType);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal("completed failed completed", answer.Statuses);
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Theory]
    [InlineData(RowsClient.Json, "item", """{"action":"create","items":[{"code":"a"},{"code":"b","due":"never"},{"code":"c"}],"options":{"validateOnly":"static"}}""", "")]
    [InlineData(RowsClient.Ndjson, "item?action=create&validateOnly=static", "{\"code\":\"a\"}\n{\"code\":\"b\",\"due\":\"never\"}\n{\"code\":\"c\"}\n", RowsClient.Ndjson)]
    public async Task Reads_completed_what_a_static_check_finds_fine_in_an_atomic_batch_too(string contentType, string target, string body, string accept)
    {
        var answer = await fixture.Client.PostTextAsync(target, body, contentType, accept.Length == 0 ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("completed failed completed", answer.Statuses);
        Assert.Equal((3, 2, 1, 0), answer.Counts);
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
    }

    [Fact]
    public async Task Reads_completed_in_a_dry_run_that_would_succeed()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", [new { code = "a" }], new { validateOnly = "execute" });

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("completed", answer.Statuses);
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Checks_statically_without_asking_the_database()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", [new { code = "taken" }, new { code = "b", due = "never" }], new { atomic = false, continueOnError = true, validateOnly = "static" });

        Assert.Equal("1:TYPE_INVALID", answer.Failures);
        Assert.Equal("completed failed", answer.Statuses);
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal(["taken"], await StoredAsync());
    }

    [Fact]
    public async Task Leaves_the_rows_out_when_the_answer_is_to_be_minimal()
    {
        var answer = await fixture.Client.PostRowsAsync("item", "create", [new { code = "a" }], new { @return = "minimal" });

        Assert.Equal(["index", "status"], answer.Results[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["a", "taken"], await StoredAsync());
    }

    [Fact]
    public async Task Lists_only_what_did_not_complete_when_asked_for_failed_results()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "item", "create", Items, new { atomic = false, continueOnError = true, results = "failed" });

        Assert.Equal([2, 4], answer.Results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal((6, 4, 2, 0), answer.Counts);
    }

    [Fact]
    public async Task Is_all_or_nothing_also_as_a_concurrent_reader_sees_it()
    {
        using var stop = new CancellationTokenSource();
        var seen = Task.Run(async () =>
        {
            var counts = new HashSet<long>();
            while (!stop.IsCancellationRequested)
            {
                counts.Add(await fixture.CountAsync("item"));
            }

            return counts;
        });

        var rows = Enumerable.Range(0, 5_000).Select(index => (object)new { code = $"r{index}" });
        var answer = await fixture.Client.PostRowsAsync("item", "create", rows, new { @return = "minimal" });
        await stop.CancelAsync();

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Empty((await seen).Except([1L, 5_001L]));
    }

    [Fact]
    public async Task Gives_the_same_outcomes_through_json_lines_and_csv()
    {
        var lines = RowsClient.Lines(Items);
        var csv = "code,region_id\na,\nb,\ntaken,\nc,\nd,99\ne,\n";
        const string Stream = "item?action=create&atomic=false&continueOnError=true";

        var json = await fixture.Client.PostRowsAsync("item", "create", Items, RowsClient.BestEffort);
        await InitializeAsync();
        var ndjson = await fixture.Client.PostTextAsync(Stream, lines, RowsClient.Ndjson, ("Accept", RowsClient.Ndjson));
        await InitializeAsync();
        var table = await fixture.Client.PostTextAsync(Stream, csv, RowsClient.Csv);

        Assert.Equal(json.Results.Select(Essence), ndjson.Results.Select(Essence));
        Assert.Equal(json.Results.Select(Essence), table.Results.Select(Essence));
        Assert.Equal(json.Counts, ndjson.Counts);

        // Identities go on counting, so that rows differ in them and in what is hashed over them.
        static string Essence(JsonElement result) => result.TryGetProperty("data", out var data)
            ? $"{result.GetProperty("status")} {data.GetProperty("code")} {data.GetProperty("quantity")} {data.GetProperty("note")}"
            : result.GetRawText();
    }

    private Task<IReadOnlyList<string>> StoredAsync() => fixture.ListAsync("SELECT code FROM item ORDER BY code");
}
