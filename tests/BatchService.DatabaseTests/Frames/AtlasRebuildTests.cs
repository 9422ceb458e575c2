using System.Globalization;
using BatchService.DatabaseTests.Rows;
using BatchService.Frames;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests.Frames;

/// <summary>Who asks for a rebuild, who makes it, and what becomes of those who wait.</summary>
public sealed class AtlasRebuildTests : IAsyncLifetime
{
    private readonly AtlasFixture _service = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Twenty_concurrent_calls_share_one_rebuild()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "500"));
        await _service.AddFrameAsync("a", "2026-01-01T00:00:00Z", "main");

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AtlasReply.RebuildAsync(_service.Client)));

        Assert.All(replies, reply => Assert.Equal("a", (string?)Assert.Single(reply.Nodes)!["frameId"]));
        Assert.Equal(20, await NumberAsync("requested"));
        Assert.Equal(20, await NumberAsync("built"));
        Assert.Equal(1, await NumberAsync("fence"));
    }

    [Fact]
    public async Task Every_call_gets_an_atlas_with_the_frames_that_were_there_before_it()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "1"));

        // So short a debounce that calls come while others build.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            await _service.AddFrameAsync($"frame-{number}", "2026-01-01T00:00:00Z", "main");
            var reply = await AtlasReply.RebuildAsync(_service.Client);
            Assert.Contains($"frame-{number}", reply.Nodes.Select(node => (string?)node!["frameId"]));
        }));
    }

    [Fact]
    public async Task The_hook_of_a_batch_waits_for_the_same_rebuild()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "300"));
        var hooks = _service.Services.GetRequiredService<AtlasRebuild>();

        var built = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => hooks.RequestAsync(CancellationToken.None)));

        Assert.Equal([true, true, true], built);
        Assert.Equal(1, await NumberAsync("version"));
    }

    [Fact]
    public async Task A_hook_that_the_service_does_not_live_to_see_done_is_told_as_scheduled()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "60000"));
        const string hook = """{ "onSuccess": ["atlas_rebuild"] }""";
        var waiting = _service.Client.PostFramesAsync([FramesClient.Frame("a")], hook);
        await RowsWait.UntilAsync(async () => await NumberAsync("requested") == 1);

        // What the worker does when the service has drained for as long as it may.
        _service.Services.GetRequiredService<AtlasWaiters>().Close();

        foreach (var reply in new[] { await waiting, await _service.Client.PostFramesAsync([FramesClient.Frame("b")], hook) })
            Assert.Equal("""[{"name":"atlas_rebuild","status":"scheduled"}]""", reply.Expect(200).Body.GetProperty("hooks").GetRawText());
        Assert.Equal(2, await NumberAsync("requested"));
        var call = (await _service.Client.CallAsync(HttpMethod.Post, "/atlas/rebuild")).Expect(503);
        Assert.Equal(("OVERLOADED", "1"), (call.Code, call.Header("Retry-After")));
    }

    [Fact]
    public async Task Each_request_delays_the_rebuild_but_not_beyond_five_times_the_debounce()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "60000"));
        await RequestAsync();
        Assert.InRange(await SecondsAsync("due_at - clock_timestamp()"), 58, 60);
        await SqlAsync("UPDATE batch.atlas SET first_at = first_at - interval '200 s', due_at = due_at - interval '30 s'");
        await RequestAsync();
        Assert.InRange(await SecondsAsync("due_at - clock_timestamp()"), 58, 60);
        await SqlAsync("UPDATE batch.atlas SET first_at = first_at - interval '80 s'");

        await RequestAsync();

        Assert.Equal(300, await SecondsAsync("due_at - first_at"));
        Assert.Equal(0, await NumberAsync("fence"));
    }

    [Fact]
    public async Task A_request_that_comes_while_a_rebuild_runs_begins_to_count_anew()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "60000"));
        await RequestAsync();
        await SqlAsync(
            """
            UPDATE batch.atlas
            SET claimed = 1, fence = 1, lease_until = clock_timestamp() + interval '1 hour',
                first_at = first_at - interval '1 hour', due_at = due_at - interval '1 hour'
            """);

        await RequestAsync();

        Assert.Equal(60, await SecondsAsync("due_at - first_at"));
        Assert.InRange(await SecondsAsync("due_at - clock_timestamp()"), 58, 60);
    }

    [Fact]
    public async Task A_call_whose_time_is_over_says_so_and_the_rebuild_goes_on()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "2500"), ("Batch:DeadlineSeconds", "1"));

        var reply = await AtlasReply.RebuildAsync(_service.Client);

        Assert.Equal(504, reply.Status);
        Assert.Equal("DEADLINE_EXCEEDED", (string?)reply.Body["code"]);
        Assert.True((bool)reply.Body["retryable"]!);
        Assert.Equal("The rebuild takes longer than a call may wait. It goes on; GET /atlas will show it.", (string?)reply.Body["detail"]);
        Assert.Equal(0, await NumberAsync("built"));
        await AtlasDatabase.UntilBuiltAsync(_service.Database, 1);
    }

    [Fact]
    public async Task A_repeated_call_with_the_same_key_asks_for_no_other_rebuild()
    {
        await StartAsync();
        await _service.AddFrameAsync("a", "2026-01-01T00:00:00Z", "main");

        var first = await AtlasReply.RebuildAsync(_service.Client, key: "k1");
        var again = await AtlasReply.RebuildAsync(_service.Client, key: "k1");
        var other = await AtlasReply.RebuildAsync(_service.Client, "?limit=1", key: "k1");

        Assert.Equal(first.Body.ToJsonString(), again.Body.ToJsonString());
        Assert.False(first.Response.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("true", Assert.Single(again.Response.Headers.GetValues("Idempotent-Replayed")));
        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), (other.Status, (string?)other.Body["code"]));
        Assert.Equal(1, await NumberAsync("requested"));
    }

    [Fact]
    public async Task A_rebuild_whose_process_died_is_made_by_another_when_its_lease_is_over()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "60000"));
        await RequestAsync();
        await SqlAsync(
            "UPDATE batch.atlas SET claimed = 1, fence = 1, due_at = first_at, lease_until = clock_timestamp() + interval '1 hour'");
        Assert.Null(await _service.Services.GetRequiredService<AtlasQueue>().ClaimAsync(CancellationToken.None));

        await SqlAsync("UPDATE batch.atlas SET lease_until = clock_timestamp()");

        await AtlasDatabase.UntilBuiltAsync(_service.Database, 1);
        Assert.Equal(2, await NumberAsync("version"));
    }

    [Fact]
    public async Task A_rebuild_that_was_overtaken_is_not_stored()
    {
        await StartAsync(("Atlas:DebounceMilliseconds", "60000"));
        var queue = _service.Services.GetRequiredService<AtlasQueue>();
        var store = _service.Services.GetRequiredService<AtlasStore>();
        await RequestAsync();
        // Not by the service itself, which asks all the time.
        var slow = new AtlasClaim(1, 1, DateTimeOffset.UtcNow);
        var fast = new AtlasClaim(1, 2, DateTimeOffset.UtcNow);
        await SqlAsync("UPDATE batch.atlas SET claimed = 1, fence = 2, lease_until = clock_timestamp() + interval '1 hour'");
        var graph = AtlasGraph.Of([new AtlasNode("a", 1, "main", [])]);

        Assert.False(await queue.ExtendAsync(slow, CancellationToken.None));
        Assert.False(await store.SaveAsync(slow, graph, 0, CancellationToken.None));
        await queue.ReleaseAsync(slow, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(0L, await AtlasDatabase.ScalarAsync(_service.Database, "SELECT count(*) FROM batch.atlas_part"));
        Assert.True(await queue.ExtendAsync(fast, CancellationToken.None));
        Assert.True(await store.SaveAsync(fast, graph, 0, CancellationToken.None));
        Assert.Equal(2, (await store.LoadAsync(CancellationToken.None)).Version);
    }

    [Fact]
    public async Task A_rebuild_that_lives_keeps_its_lease_however_long_it_takes()
    {
        await StartAsync(("Atlas:LeaseSeconds", "1"), ("Database:LockTimeout", "00:01:00"));
        await using var connection = await _service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // Reading the frames waits for this lock.
        await using (var command = new NpgsqlCommand("LOCK TABLE batch.frame IN ACCESS EXCLUSIVE MODE", connection, transaction))
            await command.ExecuteNonQueryAsync();
        var waiting = AtlasReply.RebuildAsync(_service.Client);
        await RowsWait.UntilAsync(async () => await NumberAsync("fence") == 1);
        var lease = await LeaseAsync();

        await RowsWait.UntilAsync(async () => await LeaseAsync() > lease.AddSeconds(1.2));
        await transaction.RollbackAsync();

        Assert.Equal(200, (await waiting).Status);
        Assert.Equal(1, await NumberAsync("version"));
    }

    [Fact]
    public async Task Only_the_last_version_is_kept()
    {
        await StartAsync();
        await _service.AddFrameAsync("a", "2026-01-01T00:00:00Z", "main");
        await AtlasReply.RebuildAsync(_service.Client);
        await AtlasReply.RebuildAsync(_service.Client);

        Assert.Equal(1L, await AtlasDatabase.ScalarAsync(_service.Database, "SELECT count(*) FROM batch.atlas_part"));
        Assert.Equal(2L, await AtlasDatabase.ScalarAsync(_service.Database, "SELECT max(version) FROM batch.atlas_part"));
    }

    [Fact]
    public async Task A_process_that_keeps_nothing_in_memory_gives_the_same_pages()
    {
        await StartAsync(("Atlas:CacheMinutes", "0"));
        for (var i = 0; i < 30; i++)
            await _service.AddFrameAsync($"frame-{i}", $"2026-01-{i + 1:00}T00:00:00Z", $"b{i % 3}", $"m{i % 4}");
        var whole = await AtlasReply.RebuildAsync(_service.Client);
        var cache = _service.Services.GetRequiredService<AtlasCache>();
        cache.DropUnused();

        var first = await AtlasReply.GetAsync(_service.Client, "?limit=40");
        cache.DropUnused();
        var second = await AtlasReply.GetAsync(_service.Client, $"?cursor={first.NextCursor}");

        Assert.Equal(
            whole.Edges.Select(edge => edge!.ToJsonString()), first.Edges.Concat(second.Edges).Select(edge => edge!.ToJsonString()));
    }

    private async Task StartAsync(params (string Key, string Value)[] settings)
    {
        foreach (var (key, value) in settings)
            _service.Settings[key] = value;
        await _service.InitializeAsync();
    }

    private async Task RequestAsync()
    {
        await using var connection = await _service.Database.OpenConnectionAsync();
        await _service.Services.GetRequiredService<AtlasQueue>().RequestAsync(connection, CancellationToken.None);
    }

    private Task<object?> SqlAsync(string sql) => AtlasDatabase.ScalarAsync(_service.Database, sql);

    private Task<long> NumberAsync(string column) => AtlasDatabase.NumberAsync(_service.Database, column);

    private async Task<DateTime> LeaseAsync() => (DateTime)(await SqlAsync("SELECT lease_until FROM batch.atlas"))!;

    /// <summary>Whole seconds, as far as two clock readings of one statement let them be.</summary>
    private async Task<double> SecondsAsync(string interval) => Math.Round(
        Convert.ToDouble(await SqlAsync($"SELECT extract(epoch FROM {interval}) FROM batch.atlas"), CultureInfo.InvariantCulture), 2);
}
