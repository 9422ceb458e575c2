using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>A request that the receiver got.</summary>
/// <param name="Number">From 1, in the order of arrival.</param>
internal sealed record ReceivedWebhook(int Number, string Id, string Timestamp, string Signature, IHeaderDictionary Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Checks the signature the receiver's way, with code that is not the service's.</summary>
    public bool IsSignedWith(string secret)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{Id}.{Timestamp}."), .. Body];
        return Signature == "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }
}

/// <summary>A receiver of webhooks on loopback that answers as the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly Channel<ReceivedWebhook> _received = Channel.CreateUnbounded<ReceivedWebhook>();
    private readonly WebApplication _app;
    private int _count;

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single() + "/hooks";

    /// <summary>How many requests came so far.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Answers each request with the status that <paramref name="statusOf"/> gives for its number.</summary>
    public static Task<WebhookReceiver> StartAsync(Func<ReceivedWebhook, int> statusOf) => StartAsync((webhook, context) =>
    {
        context.Response.StatusCode = statusOf(webhook);
        return Task.CompletedTask;
    });

    public static async Task<WebhookReceiver> StartAsync(Func<ReceivedWebhook, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers;
            var webhook = new ReceivedWebhook(
                Interlocked.Increment(ref receiver._count),
                headers["webhook-id"].ToString(),
                headers["webhook-timestamp"].ToString(),
                headers["webhook-signature"].ToString(),
                new HeaderDictionary(headers.ToDictionary(StringComparer.OrdinalIgnoreCase)),
                body.ToArray());
            await receiver._received.Writer.WriteAsync(webhook);
            await answer(webhook, context);
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The next request, when it has come.</summary>
    public async Task<ReceivedWebhook> NextAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        return await _received.Reader.ReadAsync(patience.Token);
    }

    public async Task<IReadOnlyList<ReceivedWebhook>> NextAsync(int count)
    {
        var all = new List<ReceivedWebhook>();
        while (all.Count < count)
        {
            all.Add(await NextAsync());
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
