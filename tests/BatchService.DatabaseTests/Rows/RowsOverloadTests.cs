using System.Diagnostics;
using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>More batches at once than the pool has connections: the surplus is refused soon, and nobody else is harmed.</summary>
public sealed class RowsOverloadTests(RowsOverloadTests.Service fixture) : IClassFixture<RowsOverloadTests.Service>
{
    [Fact]
    public async Task Refuses_with_503_and_retry_after_within_three_seconds_while_every_connection_is_busy()
    {
        await fixture.ResetAsync();
        var busy = fixture.Client.PostRowsAsync("slow", "create", [new { slow_id = 1, seconds = 6 }]);
        await RowsWait.UntilAsync(async () => await fixture.CountAsync("pg_stat_activity WHERE wait_event = 'PgSleep'") > 0);

        var clock = Stopwatch.StartNew();
        var refused = await Task.WhenAll(Enumerable.Range(0, 5).Select(index => fixture.Client.PostRowsAsync("word", "create", [new { text = $"w{index}" }])));

        Assert.InRange(clock.Elapsed.TotalSeconds, 1.5, 3.5);
        Assert.All(refused, answer =>
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Equal("OVERLOADED", answer.Code);
            Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
            Assert.NotNull(answer.Header("Retry-After"));
        });
        using var alive = await fixture.Client.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await busy).Status);
        Assert.Equal(0, await fixture.CountAsync("word"));
        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.PostRowsAsync("word", "create", [new { text = "then" }])).Status);
        Assert.Equal(1, await fixture.CountAsync("slow"));
    }

    /// <summary>Three connections, of which batches may use one.</summary>
    public sealed class Service : RowsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Database:MaxPoolSize"] = "3";
        }
    }
}
