using System.Globalization;
using System.Net.Http.Headers;

namespace BatchService.Benchmarks;

/// <summary>Calls the service as lightly as HttpClient can: ready bytes go out, the answer is read to its end.</summary>
internal sealed class ServiceClient(Uri address) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };

    /// <summary>The number of items that were written; throws when that is not what was expected: the rate would mean nothing.</summary>
    public async Task<int> PostAsync(string path, ReadOnlyMemory<byte> body, int expected, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(path, body, cancellationToken);
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
        await CheckAsync(response, expected, cancellationToken);
        return expected;
    }

    /// <summary>The body of the answer to a call that wrote one item.</summary>
    public async Task<byte[]> PostOneAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(path, body, cancellationToken);
        await CheckAsync(response, 1, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = Json;
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task CheckAsync(HttpResponseMessage response, int expected, CancellationToken cancellationToken)
    {
        if (response.Headers.TryGetValues("Batch-Succeeded", out var counts)
            && int.Parse(counts.First(), CultureInfo.InvariantCulture) == expected)
        {
            return;
        }

        var answer = response.Content.Headers.ContentLength is > 0 ? await response.Content.ReadAsStringAsync(cancellationToken) : "";
        throw new InvalidOperationException($"Not {expected} items were written: {(int)response.StatusCode} {answer}");
    }
}
