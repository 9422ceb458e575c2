using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>One service, one receiver: what is sent, how often, and what is noted.</summary>
public sealed class WebhookDeliveryTests(WebhookDeliveryTests.OneService world) : IClassFixture<WebhookDeliveryTests.OneService>
{
    private readonly WebhookWorld _world = world.World;

    [Fact]
    public async Task Sends_once_what_was_committed_signed_as_its_receiver_computes_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 204);
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        var id = await _world.AddAsync(receiver.Url, """{ "job_id": "a", "name": "é", "n": 1.0 }""");
        var webhook = await receiver.NextAsync();

        Assert.StartsWith("msg_", id, StringComparison.Ordinal);
        Assert.Equal(id, webhook.Id);
        Assert.True(webhook.IsSignedWith(WebhookWorld.Secret), webhook.Signature);
        Assert.False(webhook.IsSignedWith("whsec_" + Convert.ToBase64String(new byte[24])));
        Assert.Equal("application/json", webhook.Headers.ContentType.ToString());
        Assert.False(webhook.Headers.ContainsKey("traceparent"));
        Assert.InRange(
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(webhook.Timestamp, CultureInfo.InvariantCulture)), before, DateTimeOffset.UtcNow);
        using var body = JsonDocument.Parse(webhook.Body);
        Assert.Equal(["id", "event", "timestamp", "data"], body.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(id, body.RootElement.GetProperty("id").GetString());
        Assert.Equal("job.completed", body.RootElement.GetProperty("event").GetString());
        Assert.True(Rfc3339.TryParse(body.RootElement.GetProperty("timestamp").GetString()!, out var time));
        Assert.InRange(time, before, DateTimeOffset.UtcNow.AddSeconds(2));
        Assert.EndsWith("""
            "data":{ "job_id": "a", "name": "é", "n": 1.0 }}
            """, webhook.Text, StringComparison.Ordinal);
        Assert.Equal(new WebhookState("delivered", 1, 204, null), await _world.UntilDoneAsync(id));
        Assert.Equal(1, receiver.Count);
    }

    [Fact]
    public async Task Sends_nothing_of_what_was_rolled_back()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);

        await _world.AddAsync(receiver.Url, commit: false);
        var id = await _world.AddAsync(receiver.Url);

        Assert.Equal(id, (await receiver.NextAsync()).Id);
        await _world.UntilDoneAsync(id);
        Assert.Equal(1, receiver.Count);
        Assert.Equal(1L, await _world.ScalarAsync<long>($"SELECT count(*) FROM batch.webhook WHERE url = '{receiver.Url}'"));
    }

    [Fact]
    public async Task Tries_again_with_the_same_id_and_body_until_a_2xx()
    {
        int[] statuses = [500, 429, 404, 200];
        await using var receiver = await WebhookReceiver.StartAsync(webhook => statuses[webhook.Number - 1]);

        var id = await _world.AddAsync(receiver.Url);
        var attempts = await receiver.NextAsync(4);

        Assert.All(attempts, attempt => Assert.Equal(id, attempt.Id));
        Assert.Single(attempts.Select(attempt => attempt.Text).Distinct(StringComparer.Ordinal));
        Assert.All(attempts, attempt => Assert.True(attempt.IsSignedWith(WebhookWorld.Secret)));
        Assert.Equal(new WebhookState("delivered", 4, 200, null), await _world.UntilDoneAsync(id));
    }

    [Fact]
    public async Task Gives_up_after_five_attempts()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 503);

        var id = await _world.AddAsync(receiver.Url);

        Assert.Equal(new WebhookState("failed", 5, 503, "The receiver answered with status 503."), await _world.UntilDoneAsync(id));
        Assert.Equal(5, receiver.Count);
    }

    [Fact]
    public async Task Asks_no_second_time_when_the_receiver_is_gone()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 410);

        var id = await _world.AddAsync(receiver.Url);

        var state = await _world.UntilDoneAsync(id);
        Assert.Equal(("failed", 1, 410), (state.State, state.Attempt, state.Status));
        Assert.Equal(1, receiver.Count);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Does_not_follow_a_redirect(int status)
    {
        await using var canary = await WebhookReceiver.StartAsync(_ => 200);
        await using var receiver = await WebhookReceiver.StartAsync((webhook, context) =>
        {
            context.Response.StatusCode = webhook.Number == 1 ? status : 200;
            context.Response.Headers.Location = canary.Url;
            return Task.CompletedTask;
        });

        var id = await _world.AddAsync(receiver.Url);
        var state = await _world.UntilDoneAsync(id);

        Assert.Equal(("delivered", 2), (state.State, state.Attempt));
        Assert.Equal(0, canary.Count);
    }

    [Fact]
    public async Task Waits_for_a_slow_receiver_no_longer_than_its_time()
    {
        await using var receiver = await WebhookReceiver.StartAsync(async (webhook, context) =>
        {
            if (webhook.Number == 1)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        });

        var id = await _world.AddAsync(receiver.Url);
        await receiver.NextAsync();
        var first = await _world.UntilAsync(id, state => state.Error is not null || state.State != "pending");

        Assert.True(first.Error is null or "The receiver did not answer within 1 s.", first.Error);
        Assert.Equal(("delivered", 2), await _world.UntilDoneAsync(id) is var last ? (last.State, last.Attempt) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Encoding: gzip\r\n")]
    public async Task Reads_no_more_than_a_piece_of_a_huge_answer(string header)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var written = AnswerWithoutEndAsync(listener, header);

        var id = await _world.AddAsync($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.UntilDoneAsync(id));
        // What the buffers of two sockets hold at most.
        Assert.InRange(await written, 4_096, 32L * 1024 * 1024);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nX: ")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    [InlineData("HTTP/1.1 2")]
    public async Task Bears_with_a_receiver_that_does_not_speak_HTTP(string endless)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var written = WriteWithoutEndAsync(listener, Encoding.ASCII.GetBytes(endless));

        var id = await _world.AddAsync($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var first = await _world.UntilAsync(id, state => state.Error is not null);
        listener.Stop();

        Assert.Null(first.Status);
        Assert.InRange(await written, 1, 256L * 1024 * 1024);
        Assert.Equal("failed", (await _world.UntilDoneAsync(id)).State);
    }

    [Fact]
    public async Task Takes_a_2xx_for_a_delivery_though_the_answer_never_ends()
    {
        await using var receiver = await WebhookReceiver.StartAsync(async (_, context) =>
        {
            await context.Response.Body.WriteAsync("x"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        var id = await _world.AddAsync(receiver.Url);

        Assert.Equal(new WebhookState("delivered", 1, 200, null), await _world.UntilDoneAsync(id));
        Assert.Equal(1, receiver.Count);
    }

    [Fact]
    public async Task Leaves_room_for_others_when_a_receiver_is_slow()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = await WebhookReceiver.StartAsync((_, context) => release.Task.WaitAsync(context.RequestAborted));
        await using var quick = await WebhookReceiver.StartAsync(_ => 200);

        var held = new List<string>();
        for (var number = 0; number < 12; number++)
        {
            held.Add(await _world.AddAsync(slow.Url));
        }

        await slow.NextAsync(4);
        var id = await _world.AddAsync(quick.Url);

        Assert.Equal("delivered", (await _world.UntilDoneAsync(id)).State);
        release.SetResult();
        foreach (var other in held)
        {
            Assert.Equal("delivered", (await _world.UntilDoneAsync(other)).State);
        }
    }

    [Fact]
    public async Task Goes_on_after_data_that_cannot_be_sent()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);

        await _world.AddAsync(receiver.Url, "no JSON");
        var id = await _world.AddAsync(receiver.Url);

        Assert.Equal("delivered", (await _world.UntilDoneAsync(id)).State);
        Assert.Equal(1, receiver.Count);
    }

    private static async Task<long> AnswerWithoutEndAsync(TcpListener listener, string header)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await client.Client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{header}Content-Length: 1000000000000\r\n\r\n"));
        return await WriteWithoutEndAsync(client.Client, new byte[64 * 1024]);
    }

    private static async Task<long> WriteWithoutEndAsync(TcpListener listener, byte[] piece)
    {
        using var client = await listener.AcceptTcpClientAsync();
        return await WriteWithoutEndAsync(client.Client, piece);
    }

    /// <summary>Writes until the other side closes the connection; how many bytes went out.</summary>
    private static async Task<long> WriteWithoutEndAsync(Socket socket, byte[] piece)
    {
        var written = 0L;
        try
        {
            while (true)
            {
                written += await socket.SendAsync(piece);
            }
        }
        catch (SocketException)
        {
            return written;
        }
    }

    /// <summary>A service whose attempts take a second at most.</summary>
    public sealed class OneService : IAsyncLifetime
    {
        internal WebhookWorld World { get; } = new();

        public async Task InitializeAsync()
        {
            await World.InitializeAsync();
            World.StartService(("Webhooks:TimeoutSeconds", "1"));
        }

        public Task DisposeAsync() => World.DisposeAsync();
    }
}
