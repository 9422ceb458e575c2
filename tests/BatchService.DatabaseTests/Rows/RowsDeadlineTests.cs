using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>A call that takes longer than it may: rolled back, answered with 504, and worth repeating.</summary>
public sealed class RowsDeadlineTests(RowsDeadlineTests.Service fixture) : IClassFixture<RowsDeadlineTests.Service>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();

        // The first call pays for the catalog and the connection.
        await fixture.Client.PostRowsAsync("word", "create", [new { text = "warm" }]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("/entities/slow/batch", """{"action":"create","items":[{"slow_id":1,"seconds":0},{"slow_id":2,"seconds":5}]}""")]
    [InlineData("/batch", """{"operations":[{"entity":"slow","action":"create","store_params":{"slow_id":1,"seconds":0}},{"entity":"slow","action":"create","store_params":{"slow_id":2,"seconds":5}}]}""")]
    public async Task Rolls_back_and_answers_504_when_the_deadline_passes(string path, string body)
    {
        var answer = await fixture.Client.PostContentAsync(path, new StringContent(body), RowsClient.Json);

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Equal("DEADLINE_EXCEEDED", answer.Code);
        Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
        Assert.Equal(0, await fixture.CountAsync("slow"));
        await RowsWait.UntilAsync(async () => await fixture.CountAsync("pg_stat_activity WHERE wait_event = 'PgSleep'") == 0);
    }

    [Fact]
    public async Task Keeps_what_a_best_effort_batch_committed_before_the_deadline_and_says_so()
    {
        var rows = Enumerable.Range(0, 20).Select(index => (object)new { slow_id = index, seconds = index == 12 ? 5 : 0 });

        var answer = await fixture.Client.PostRowsAsync("slow", "create", rows, RowsClient.BestEffort);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal((20, 10, 0, 10), answer.Counts);
        Assert.Equal("completed", answer.Results[9].GetProperty("status").GetString());
        Assert.Equal("not_executed", answer.Results[10].GetProperty("status").GetString());
        Assert.Equal(Enumerable.Range(0, 10).Select(index => $"{index}"), await fixture.ListAsync("SELECT slow_id FROM slow ORDER BY 1"));
    }

    [Fact]
    public async Task Does_not_burn_the_key_of_a_request_that_ran_out_of_time()
    {
        const string Body = """{"action":"create","items":[{"slow_id":1,"seconds":3}]}""";
        await fixture.Client.PostTextAsync("slow", Body, RowsClient.Json, ("Idempotency-Key", "late"));
        await fixture.ExecuteAsync("ALTER TABLE slow DISABLE TRIGGER slow_write");
        RowsAnswer again;
        try
        {
            again = await fixture.Client.PostTextAsync("slow", Body, RowsClient.Json, ("Idempotency-Key", "late"));
        }
        finally
        {
            await fixture.ExecuteAsync("ALTER TABLE slow ENABLE TRIGGER slow_write");
        }

        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(1, await fixture.CountAsync("slow"));
    }

    /// <summary>Two seconds for a call, and small chunks.</summary>
    public sealed class Service : RowsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Batch:DeadlineSeconds"] = "2";
            settings["Batch:ChunkRows"] = "10";
        }
    }
}
