using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using BatchService.Attestations;
using BatchService.Batching;

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

    /// <summary>How many attestations a search found: a query, or a page of the list where a place to begin is given.</summary>
    public async Task<int> FindAsync(AttestationFilter filter, (DateTimeOffset Time, string Id)? after, CancellationToken cancellationToken)
    {
        var body = after is null ? QueryOf(filter) : [];
        using var response = after is { } last
            ? await _client.GetAsync(ListOf(filter, last), HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : await SendAsync("/attestations/batch/query", body, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"The search failed: {(int)response.StatusCode} {Encoding.UTF8.GetString(answer)}");
        using var json = JsonDocument.Parse(answer);
        return (after is null ? json.RootElement[0] : json.RootElement.GetProperty("attestations")).GetArrayLength();
    }

    public void Dispose() => _client.Dispose();

    private static byte[] QueryOf(AttestationFilter filter) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        filters = new[]
        {
            new
            {
                subjects = filter.Subjects,
                predicates = filter.Predicates,
                contexts = filter.Contexts,
                actors = filter.Actors,
                time_start = filter.TimeStart,
                time_end = filter.TimeEnd,
                limit = filter.Limit,
            },
        },
    });

    private static Uri ListOf(AttestationFilter filter, (DateTimeOffset Time, string Id) last)
    {
        var values = filter.Predicates.Select(text => $"&predicate={text}").Concat(filter.Actors.Select(text => $"&actor={text}"));
        var cursor = PageCursor.Write(Rfc3339.Format(last.Time), last.Id);
        return new Uri($"/attestations?limit={filter.Limit - 1}&cursor={cursor}{string.Concat(values)}", UriKind.Relative);
    }

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
