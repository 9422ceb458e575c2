using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace BatchService.Jobs;

/// <summary>
/// Makes one attempt: a signed POST on a connection of its own, to an address that was checked for it. No redirects, proxy, cookies,
/// decompression or trace headers; whatever the receiver does, it takes a bounded time and a bounded number of bytes.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    private const int MaxAnswerBytes = 4_096;
    private const int MaxHeaderKilobytes = 16;

    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public WebhookSender(IOptions<WebhookOptions> options, WebhookResolver resolve, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        var guard = new WebhookAddressGuard(_options, resolve);
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            MaxResponseDrainSize = 0,
            // Never a connection that another attempt opened: every attempt checks its own.
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = (context, cancellationToken) =>
                guard.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
        });
    }

    /// <summary>Sends it and says how that ended; never throws for what the receiver or the network does.</summary>
    /// <param name="cancellationToken">The process stops.</param>
    public async Task<WebhookAttempt> SendAsync(DueWebhook webhook, CancellationToken cancellationToken)
    {
        // Again, because the configuration may have become stricter since the webhook was accepted.
        if (WebhookUrl.Check(webhook.Url, _options) is { } refusal)
            return WebhookAttempt.Failed(refusal.Detail);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(_options.TimeoutSeconds));
        try
        {
            using var request = ToRequest(webhook);
            using var response = await _client.SendAsync(request, patience.Token);
            await ReadSomeAsync(response.Content, patience.Token);
            return WebhookAttempt.Answered((int)response.StatusCode);
        }
        catch (OperationCanceledException)
        {
            return cancellationToken.IsCancellationRequested
                ? WebhookAttempt.Stopped
                : WebhookAttempt.Failed($"The receiver did not answer within {_options.TimeoutSeconds} s.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return WebhookAttempt.Failed(Reason(exception));
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage ToRequest(DueWebhook webhook)
    {
        if (!WebhookSignature.TryReadSecret(_options.Secret ?? "", out var key))
            throw new InvalidOperationException("A webhook cannot be signed without a secret.");
        var body = WebhookBody.Write(webhook);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(webhook.Url)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.ConnectionClose = true;
        request.Headers.Add("User-Agent", "BatchService");
        request.Headers.Add("webhook-id", webhook.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(key, webhook.Id, timestamp, body));
        return request;
    }

    /// <summary>The answer's content is nobody's business; a part is read for receivers that take a closed connection amiss.</summary>
    private static async Task ReadSomeAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            var left = new byte[MaxAnswerBytes].AsMemory();
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            while (left.Length > 0 && await stream.ReadAsync(left, cancellationToken) is var read and > 0)
                left = left[read..];
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status, which decides, is there.
        }
    }

    /// <summary>In words of our own: those of the exception name addresses.</summary>
    private static string Reason(Exception exception) => exception switch
    {
        { InnerException: WebhookAddressException blocked } => blocked.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            "No secure connection to the receiver: its certificate or its TLS version is not acceptable.",
        { InnerException: SocketException } or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            "No connection to the receiver.",
        _ => "The receiver broke the connection off, or its answer is not HTTP.",
    };
}
