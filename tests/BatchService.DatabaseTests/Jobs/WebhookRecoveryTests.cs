using BatchService.Data;
using BatchService.DatabaseTests.Rows;
using BatchService.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>Services that stop, die, share the work and lose their database.</summary>
public sealed class WebhookRecoveryTests : IAsyncLifetime
{
    private readonly WebhookWorld _world = new();

    public Task InitializeAsync() => _world.InitializeAsync();

    public Task DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Goes_on_in_the_next_service_where_the_former_one_stopped()
    {
        await using var receiver = await WebhookReceiver.StartAsync(webhook => webhook.Number == 1 ? 500 : 200);
        var first = _world.StartService(("Webhooks:FirstRetryDelay", "00:00:03"));
        var id = await _world.AddAsync(receiver.Url);
        await _world.UntilAsync(id, state => state.Status == 500);

        await first.DisposeAsync();
        Assert.Equal(1, receiver.Count);
        _world.StartService();

        Assert.Equal(new WebhookState("delivered", 2, 200, null), await _world.UntilDoneAsync(id));
        var attempts = await receiver.NextAsync(2);
        Assert.Equal([id, id], attempts.Select(attempt => attempt.Id));
        Assert.Equal(attempts[0].Text, attempts[1].Text);
    }

    [Fact]
    public async Task Takes_over_when_the_lease_of_a_killed_process_has_run_out()
    {
        await using var receiver = await WebhookReceiver.StartAsync(
            (webhook, context) => webhook.Number == 1 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        string[] settings = [.. _world.Settings().Select(setting => $"{setting.Key}={setting.Value}"), "Webhooks:TimeoutSeconds=1"];
        await using var first = await ServiceProcess.StartAsync(settings);
        var id = await _world.AddAsync(receiver.Url);
        await receiver.NextAsync();

        await first.KillAsync();
        _world.StartService(("Webhooks:TimeoutSeconds", "1"));

        Assert.Equal(id, (await receiver.NextAsync()).Id);
        Assert.Equal(new WebhookState("delivered", 2, 200, null), await _world.UntilDoneAsync(id));
    }

    [Fact]
    public async Task Two_services_share_the_work_and_double_none_of_it()
    {
        const int Webhooks = 200;
        var other = "whsec_" + Convert.ToBase64String(new byte[32]);
        await using var receiver = await WebhookReceiver.StartAsync(async (_, context) => await Task.Delay(5, context.RequestAborted));
        var ids = new List<string>();
        for (var number = 0; number < Webhooks; number++)
        {
            ids.Add(await _world.AddAsync(receiver.Url));
        }

        // Which service sent one is told by the secret that signed it.
        await Task.WhenAll(
            Task.Run(() => _world.StartService()),
            Task.Run(() => _world.StartService(("Webhooks:Secret", other))));
        var received = await receiver.NextAsync(Webhooks);
        await RowsWait.UntilAsync(async () =>
            await _world.ScalarAsync<long>("SELECT count(*) FROM batch.webhook WHERE state = 'delivered' AND attempt = 1") == Webhooks);

        Assert.Equal(ids.Order(StringComparer.Ordinal), received.Select(webhook => webhook.Id).Order(StringComparer.Ordinal));
        Assert.Equal(Webhooks, receiver.Count);
        Assert.InRange(received.Count(webhook => webhook.IsSignedWith(WebhookWorld.Secret)), 1, Webhooks - 1);
        Assert.All(received, webhook => Assert.True(webhook.IsSignedWith(WebhookWorld.Secret) || webhook.IsSignedWith(other)));
    }

    [Fact]
    public async Task Lets_an_attempt_end_that_is_under_way_when_the_service_stops()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await WebhookReceiver.StartAsync((_, context) => release.Task.WaitAsync(context.RequestAborted));
        var service = _world.StartService();
        var id = await _world.AddAsync(receiver.Url);
        await receiver.NextAsync();

        var stopping = service.DisposeAsync();
        release.SetResult();
        await stopping;

        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.ReadAsync(id));
    }

    [Fact]
    public async Task Gives_an_attempt_up_that_outlasts_the_stop_and_another_service_goes_on_at_once()
    {
        await using var receiver = await WebhookReceiver.StartAsync(
            (webhook, context) => webhook.Number == 1 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        var service = _world.StartService(("Webhooks:TimeoutSeconds", "60"));
        var id = await _world.AddAsync(receiver.Url);
        await receiver.NextAsync();

        await service.DisposeAsync();

        Assert.Equal(new WebhookState("pending", 1, null, "The service stopped during the attempt."), await _world.ReadAsync(id));
        _world.StartService();
        Assert.Equal(new WebhookState("delivered", 2, 200, null), await _world.UntilDoneAsync(id));
    }

    [Fact]
    public async Task Waits_for_the_database_and_notes_then_what_was_delivered_meanwhile()
    {
        var direct = new NpgsqlConnectionStringBuilder(ConnectionStrings.FromUrl(_world.ConnectionString));
        using var proxy = new RowsProxy(direct.Host!, direct.Port);
        proxy.Open();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await WebhookReceiver.StartAsync((_, context) => answer.Task.WaitAsync(context.RequestAborted));
        var way = new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;
        var service = _world.StartService(("ConnectionStrings:Batch", way));
        var id = await _world.AddAsync(receiver.Url);
        await receiver.NextAsync();

        proxy.Cut();
        answer.SetResult();
        var next = await _world.AddAsync(receiver.Url);
        using (var client = service.CreateClient())
        using (var alive = await client.GetAsync("/healthz"))
        {
            Assert.True(alive.IsSuccessStatusCode);
        }

        Assert.Equal("pending", (await _world.ReadAsync(id)).State);
        proxy.Mend();

        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.UntilDoneAsync(id));
        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.UntilDoneAsync(next));
        Assert.Equal(2, receiver.Count);
    }

    [Fact]
    public async Task Finds_by_itself_what_nobody_told_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        _world.StartService();
        await _world.UntilDoneAsync(await _world.AddAsync(receiver.Url));

        // Without NOTIFY: as if its connection had been lost.
        await _world.ScalarAsync<string>(
            $"""
            INSERT INTO batch.webhook (id, caller, url, host, event, data)
            VALUES ('msg_silent', 'someone', '{receiver.Url}', 'host', 'job.completed', '1')
            RETURNING id
            """);

        Assert.Equal("delivered", (await _world.UntilDoneAsync("msg_silent")).State);
    }

    [Fact]
    public async Task Listens_again_when_its_connection_was_lost()
    {
        const string Listening = "FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN batch_webhook'";
        _world.StartService();
        await RowsWait.UntilAsync(async () => await _world.ScalarAsync<long>($"SELECT count(*) {Listening}") == 1);
        var former = await _world.ScalarAsync<int>($"SELECT pid {Listening}");

        await _world.ScalarAsync<bool>($"SELECT pg_terminate_backend({former})");

        await RowsWait.UntilAsync(async () => await _world.ScalarAsync<long>($"SELECT count(*) {Listening} AND pid <> {former}") == 1);
    }

    [Fact]
    public async Task Keeps_webhooks_until_a_service_has_a_secret()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        var without = _world.StartService(("Webhooks:Secret", ""));
        var id = await _world.AddAsync(receiver.Url);
        await without.DisposeAsync();
        Assert.Equal(new WebhookState("pending", 0, null, null), await _world.ReadAsync(id));

        _world.StartService();

        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.UntilDoneAsync(id));
    }

    [Fact]
    public async Task Sends_no_sixth_time_when_the_process_died_in_the_fifth_attempt()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        var id = await _world.AddAsync(receiver.Url);
        await _world.ScalarAsync<string>($"UPDATE batch.webhook SET attempt = 5, fence = 5 WHERE id = '{id}' RETURNING id");

        _world.StartService();

        Assert.Equal(
            new WebhookState("failed", 5, null, "The process that made the last attempt ended during it."),
            await _world.UntilDoneAsync(id));
        Assert.Equal(0, receiver.Count);
    }

    [Fact]
    public async Task Notes_nothing_about_a_webhook_that_another_process_has_taken_over()
    {
        var id = await _world.AddAsync("https://example.com/");
        using var store = new WebhookStore(_world.Database);
        var none = new Dictionary<string, int>(StringComparer.Ordinal);
        async Task<IReadOnlyList<DueWebhook>> ClaimAsync() =>
            (await store.ClaimAsync(8, 4, none, new WebhookOptions(), CancellationToken.None)).Webhooks;
        var stale = Assert.Single(await ClaimAsync());
        Assert.Empty(await ClaimAsync());
        await _world.ScalarAsync<string>($"UPDATE batch.webhook SET due_at = clock_timestamp() WHERE id = '{id}' RETURNING id");
        var current = Assert.Single(await ClaimAsync());
        var failed = new WebhookOutcome(WebhookStates.Failed, TimeSpan.Zero, 500, "late");
        var delivered = new WebhookOutcome(WebhookStates.Delivered, TimeSpan.Zero, 200, null);

        Assert.False(await store.NoteAsync(stale, failed, CancellationToken.None));
        Assert.True(await store.NoteAsync(current, delivered, CancellationToken.None));
        Assert.False(await store.NoteAsync(current, failed, CancellationToken.None));

        Assert.Equal(new WebhookState("delivered", 2, 200, null), await _world.ReadAsync(id));
    }

    [Fact]
    public async Task Removes_what_was_done_with_a_week_ago_and_nothing_else()
    {
        await _world.ScalarAsync<long>(
            """
            WITH added AS (
                INSERT INTO batch.webhook (id, caller, url, host, event, data, state, created_at, finished_at)
                SELECT
                    kind || n, 'someone', 'https://example.com/', 'example.com:443', 'job.completed', '1',
                    CASE kind WHEN 'waiting' THEN 'pending' WHEN 'failed' THEN 'failed' ELSE 'delivered' END,
                    clock_timestamp() - interval '8 days',
                    CASE kind WHEN 'waiting' THEN NULL WHEN 'recent' THEN clock_timestamp() - interval '6 days'
                        ELSE clock_timestamp() - interval '8 days' END
                FROM generate_series(1, 1100) AS n, unnest(ARRAY['delivered', 'failed', 'recent', 'waiting']) AS kind
                RETURNING 1)
            SELECT count(*) FROM added
            """);
        var service = _world.StartService(("Webhooks:Secret", ""));

        await service.Services.GetRequiredService<WebhookStore>().PruneAsync(TimeSpan.FromDays(7), CancellationToken.None);

        Assert.Equal(2200L, await _world.ScalarAsync<long>("SELECT count(*) FROM batch.webhook"));
        Assert.Equal(
            2200L, await _world.ScalarAsync<long>("SELECT count(*) FROM batch.webhook WHERE id LIKE 'recent%' OR id LIKE 'waiting%'"));
    }
}
