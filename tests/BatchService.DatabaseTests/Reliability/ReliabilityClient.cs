using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>An answer, read to its end.</summary>
internal sealed record ReliabilityAnswer(HttpStatusCode Status, string Body, bool IsReplay)
{
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>What the answer says of itself: repeat it later.</summary>
    public bool IsRetryable => Json.TryGetProperty("retryable", out var retryable) && retryable.GetBoolean();

    public string Code => Json.TryGetProperty("code", out var code) ? code.GetString()! : "";
}

/// <summary>A client as the contract wants it: it repeats a request without a definitive answer, under the same key.</summary>
/// <param name="connect">Gives a client of the service as it runs now; it may have another address after a restart.</param>
internal sealed class ReliabilityClient(Func<HttpClient> connect)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private int _known;

    /// <summary>How often each status and code came, and how often none.</summary>
    public string Seen => string.Join(", ", _seen.ToArray().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value} × {pair.Key}"));

    public int Total => _seen.Values.Sum();

    public int TimesSeen(string status) => _seen.GetValueOrDefault(status);

    /// <summary>The answer, or null when the outcome is unknown: no answer, or only a part of it.</summary>
    public async Task<ReliabilityAnswer?> TrySendAsync(string path, string body, string? key = null, string mediaType = "application/json")
    {
        try
        {
            var answer = await SendAsync(path, body, key, mediaType);
            Count(answer.IsRetryable ? $"{(int)answer.Status} {answer.Code}" : $"{(int)answer.Status}");
            Assert.True((int)answer.Status is < 500 or 503 or 504, $"The service answered {answer.Status}: {answer.Body}");
            return answer;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or UriFormatException)
        {
            Count("no answer");
            return null;
        }
    }

    /// <summary>The definitive answer, after as many repetitions as it takes.</summary>
    public async Task<ReliabilityAnswer> SendUntilKnownAsync(string path, string body, string key, string mediaType = "application/json")
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TrySendAsync(path, body, key, mediaType) is { IsRetryable: false } answer)
            {
                Interlocked.Increment(ref _known);
                return answer;
            }
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < Patience, $"No definitive answer within {Patience}. Seen: {Seen}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Waits for some more definitive answers: the service works, and requests are on their way.</summary>
    public async Task MakesProgressAsync(int answers)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var until = Volatile.Read(ref _known) + answers; Volatile.Read(ref _known) < until;)
            await Task.Delay(5, patience.Token);
    }

    private async Task<ReliabilityAnswer> SendAsync(string path, string body, string? key, string mediaType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await connect().SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new ReliabilityAnswer(response.StatusCode, text, response.Headers.Contains("Idempotent-Replayed"));
    }

    private void Count(string what) => _seen.AddOrUpdate(what, 1, (_, count) => count + 1);
}
