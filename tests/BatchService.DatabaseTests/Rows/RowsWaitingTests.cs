using System.Net;
using Npgsql;

namespace BatchService.DatabaseTests.Rows;

/// <summary>A statement that waits for a lock, or runs, for too long is the failure of its item; the answer tells of all the others.</summary>
public sealed class RowsWaitingTests(RowsWaitingTests.Service fixture) : IClassFixture<RowsWaitingTests.Service>, IAsyncLifetime
{
    private const string Locked = """{ "id": "waits", "entity": "item", "action": "update", "query_params": { "item_id": 1 }, "store_params": { "quantity": 7 } }""";
    private const string Slow = """{ "id": "waits", "entity": "slow", "action": "create", "store_params": { "slow_id": 1, "seconds": 5 } }""";

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('locked'), ('free')");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(Locked, "false", HttpStatusCode.Conflict, "LOCK_TIMEOUT")]
    [InlineData(Locked, "true", HttpStatusCode.Conflict, "LOCK_TIMEOUT")]
    [InlineData(Slow, "false", HttpStatusCode.GatewayTimeout, "DEADLINE_EXCEEDED")]
    [InlineData(Slow, "true", HttpStatusCode.GatewayTimeout, "DEADLINE_EXCEEDED")]
    public async Task Tells_what_became_of_every_operation_of_an_atomic_batch(string waits, string continueOnError, HttpStatusCode status, string code)
    {
        await using var locked = await LockAsync();

        var answer = await PostBatchAsync(waits, $$"""{ "continueOnError": {{continueOnError}} }""");

        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal("application/problem+json", answer.MediaType);
        Assert.False(answer.Root.GetProperty("success").GetBoolean());
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal((3, 0, 1, 2), answer.Counts);
        Assert.Equal("1", answer.Header("Batch-Failed"));
        Assert.Equal(code, answer.Root.GetProperty("results").GetProperty("waits").GetProperty("code").GetString());
        Assert.All(new[] { "before", "after" }, id =>
            Assert.Contains(answer.Root.GetProperty("results").GetProperty(id).GetProperty("status").GetString(), (string[])["rolled_back", "not_executed"]));
        Assert.Equal(1, answer.Root.GetProperty("problems")[0].GetProperty("index").GetInt32());
        Assert.Equal(0, await fixture.CountAsync("word"));
        Assert.Equal(status == HttpStatusCode.Conflict ? "1" : null, answer.Header("Retry-After"));
    }

    [Theory]
    [InlineData(1, 0, "false")]
    [InlineData(2, 0, "false")]
    [InlineData(2, 1, "true")]
    [InlineData(37, 20, "false")]
    [InlineData(60, 59, "false")]
    public async Task Tells_which_row_of_an_atomic_batch_waited(int rows, int position, string continueOnError)
    {
        await fixture.ExecuteAsync($"INSERT INTO item (item_id, code) SELECT n, 'row' || n FROM generate_series(101, {100 + rows}) AS n");
        await using var locked = await LockAsync();
        var items = Enumerable.Range(0, rows).Select(index => (object)new { item_id = index == position ? 1 : 101 + index, quantity = 5 });

        var answer = await fixture.Client.PostRowsAsync("item", "update", items, new { continueOnError = continueOnError == "true" });

        Assert.Equal((HttpStatusCode.Conflict, "LOCK_TIMEOUT"), (answer.Status, answer.Code));
        Assert.Equal($"{position}:LOCK_TIMEOUT", answer.Failures);
        Assert.Equal((rows, 0, 1, rows - 1), answer.Counts);
        Assert.Equal("1", answer.Header("Batch-Failed"));
        Assert.Equal(0, await fixture.CountAsync("item WHERE quantity = 5"));
    }

    [Fact]
    public async Task Says_of_rows_that_took_too_long_together_which_ones_they_were()
    {
        var answer = await fixture.Client.PostRowsAsync("slow", "create", [new { slow_id = 1, seconds = 0.8 }, new { slow_id = 2, seconds = 0.8 }]);

        Assert.Equal((HttpStatusCode.GatewayTimeout, "DEADLINE_EXCEEDED"), (answer.Status, answer.Code));
        Assert.Equal("0:DEADLINE_EXCEEDED", answer.Failures);
        Assert.Contains("up to 1", answer.Results[0].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Locked, "LOCK_TIMEOUT", 409)]
    [InlineData(Slow, "DEADLINE_EXCEEDED", 504)]
    public async Task Takes_no_neighbours_along_in_best_effort(string waits, string code, int status)
    {
        await using var locked = await LockAsync();

        var answer = await PostBatchAsync(waits, """{ "atomic": false, "continueOnError": true }""");

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal((3, 2, 1, 0), answer.Counts);
        var failed = answer.Root.GetProperty("results").GetProperty("waits");
        Assert.Equal((code, status, true), (failed.GetProperty("code").GetString(), failed.GetProperty("statusCode").GetInt32(), failed.GetProperty("retryable").GetBoolean()));
        Assert.Equal(2, await fixture.CountAsync("word"));
    }

    private Task<RowsAnswer> PostBatchAsync(string waits, string options) => fixture.Client.PostContentAsync("/batch", new StringContent($$"""
        { "operations": [
            { "id": "before", "entity": "word", "action": "create", "store_params": { "text": "before" } },
            {{waits}},
            { "id": "after", "entity": "word", "action": "create", "store_params": { "text": "after" } } ],
          "options": {{options}} }
        """), RowsClient.Json);

    /// <summary>Holds the row of the first item until it is disposed of.</summary>
    private async Task<NpgsqlConnection> LockAsync()
    {
        var connection = await fixture.Database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("BEGIN; SELECT 1 FROM item WHERE item_id = 1 FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Short patience.</summary>
    public sealed class Service : RowsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Database:LockTimeout"] = "00:00:00.1";
            settings["Database:StatementTimeout"] = "00:00:01";
        }
    }
}
