using System.Net;
using Npgsql;

namespace BatchService.DatabaseTests.Rows;

/// <summary>What a client is told when a lock or the database is to blame: nothing half is left, and repeating helps.</summary>
public sealed class RowsFaultTests(RowsFaultTests.Service fixture) : IClassFixture<RowsFaultTests.Service>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Best_effort_writes_the_free_rows_and_says_which_one_stayed_locked()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a'), ('b')");
        await using var other = await fixture.Database.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var update = new NpgsqlCommand("UPDATE item SET quantity = 7 WHERE code = 'b'", other, transaction);
        await update.ExecuteNonQueryAsync();

        var answer = await fixture.Client.PostRowsAsync(
            "item", "update", [new { item_id = 1, quantity = 5 }, new { item_id = 2, quantity = 5 }], new { atomic = false, continueOnError = true });

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        var results = answer.Root.GetProperty("results");
        Assert.Equal("completed", results[0].GetProperty("status").GetString());
        Assert.Equal("LOCK_TIMEOUT", results[1].GetProperty("code").GetString());
        Assert.True(results[1].GetProperty("retryable").GetBoolean());
        Assert.Equal(1, await fixture.CountAsync("item WHERE code = 'a' AND quantity = 5"));
    }

    [Fact]
    public async Task Answers_that_a_repetition_can_help_when_a_row_stays_locked()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a'), ('b')");
        await using (var other = await fixture.Database.OpenConnectionAsync())
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using var update = new NpgsqlCommand("UPDATE item SET quantity = 7 WHERE code = 'b'", other, transaction);
            await update.ExecuteNonQueryAsync();

            var answer = await fixture.Client.PostRowsAsync(
                "item", "update", [new { item_id = 1, quantity = 5 }, new { item_id = 2, quantity = 5 }], new { continueOnError = true });

            Assert.Equal(HttpStatusCode.Conflict, answer.Status);
            Assert.Equal("LOCK_TIMEOUT", answer.Code);
            Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
            Assert.NotNull(answer.Header("Retry-After"));
        }

        Assert.Equal(2, await fixture.CountAsync("item WHERE quantity = 1"));
        var again = await fixture.Client.PostRowsAsync("item", "update", [new { item_id = 1, quantity = 5 }, new { item_id = 2, quantity = 5 }]);
        Assert.Equal(HttpStatusCode.OK, again.Status);
    }

    [Fact]
    public async Task Waits_for_a_lock_that_is_soon_released()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('a')");
        await using var other = await fixture.Database.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var update = new NpgsqlCommand("UPDATE item SET quantity = 7", other, transaction);
        await update.ExecuteNonQueryAsync();

        // Longer than one wait for the lock: the server tries again by itself.
        var answer = fixture.Client.PostRowsAsync("item", "update", [new { item_id = 1, note = "mine" }]);
        await Task.Delay(300);
        await transaction.CommitAsync();

        Assert.Equal(HttpStatusCode.OK, (await answer).Status);
        Assert.Equal(["7/mine"], await fixture.ListAsync("SELECT concat(quantity, '/', note) FROM item"));
    }

    [Fact]
    public async Task Answers_503_while_the_database_is_gone_and_recovers_by_itself()
    {
        var before = await WriteAsync("before");
        Assert.True(before.Status == HttpStatusCode.OK, before.Text);
        fixture.Proxy.Cut();
        try
        {
            foreach (var answer in new[] { await WriteAsync("gone"), await WriteLineAsync("gone"), await WriteOperationAsync("gone") })
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
                Assert.Equal("DATABASE_UNAVAILABLE", answer.Code);
                Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
                Assert.NotNull(answer.Header("Retry-After"));
            }

            using var ready = await fixture.Client.GetAsync("/readyz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }
        finally
        {
            fixture.Proxy.Mend();
        }

        Assert.Equal(HttpStatusCode.OK, (await WriteAsync("after")).Status);
        Assert.Equal(HttpStatusCode.OK, (await WriteLineAsync("line")).Status);
        Assert.Equal(["after", "before", "line"], await fixture.ListAsync("SELECT text FROM word ORDER BY text"));
    }

    [Fact]
    public async Task Writes_once_when_the_connection_is_lost_in_the_midst_of_a_transaction()
    {
        var running = fixture.Client.PostRowsAsync("slow", "create", [new { slow_id = 1, seconds = 0.4 }]);
        await RowsWait.UntilAsync(async () => await fixture.CountAsync("pg_stat_activity WHERE state = 'active' AND query LIKE '%INSERT INTO%slow%' AND pid <> pg_backend_pid()") > 0);

        fixture.Proxy.Cut();
        fixture.Proxy.Mend();

        var answer = await running;
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Equal(1, await fixture.CountAsync("slow"));
    }

    private Task<RowsAnswer> WriteAsync(string text) => fixture.Client.PostRowsAsync("word", "create", [new { text }]);

    private Task<RowsAnswer> WriteLineAsync(string text) =>
        fixture.Client.PostTextAsync("word?action=create&atomic=false", $"{{\"text\":\"{text}\"}}\n", RowsClient.Ndjson);

    private Task<RowsAnswer> WriteOperationAsync(string text) => fixture.Client.PostContentAsync(
        "/batch",
        new StringContent($"{{\"operations\":[{{\"entity\":\"word\",\"action\":\"create\",\"store_params\":{{\"text\":\"{text}\"}}}}]}}"),
        RowsClient.Json);

    /// <summary>Short waits for locks, and a way to the database that can be cut.</summary>
    public sealed class Service : RowsFixture
    {
        internal RowsProxy Proxy { get; private set; } = null!;

        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            var connection = new NpgsqlConnectionStringBuilder(ServiceConnection);
            Proxy = new RowsProxy(connection.Host!, connection.Port);
            Proxy.Open();
            settings["ConnectionStrings:Batch"] = new NpgsqlConnectionStringBuilder(ServiceConnection) { Host = "127.0.0.1", Port = Proxy.Port }.ConnectionString;
            settings["Batch:ChunkRows"] = "10";
            settings["Database:LockTimeout"] = "00:00:00.150";
        }
    }
}
