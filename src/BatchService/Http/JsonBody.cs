using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>A JSON body that passed the strict scan, or the error that it did not.</summary>
internal sealed class JsonBody : IDisposable
{
    private readonly RequestBody? _body;
    private readonly JsonDocument? _document;

    private JsonBody(RequestBody? body, JsonDocument? document, Error? error)
    {
        _body = body;
        _document = document;
        Error = error;
    }

    /// <summary>Why the body cannot be used; null when it can.</summary>
    public Error? Error { get; }

    /// <summary>Valid until disposed of.</summary>
    public JsonElement Root => _document!.RootElement;

    public ReadOnlyMemory<byte> Bytes => _body?.Bytes ?? default;

    /// <summary>Checks the media type, reads, scans and parses the body.</summary>
    public static async Task<JsonBody> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (RequestMedia.Read(request, MediaKind.Json).Error is { } refused)
            return new JsonBody(null, null, refused);
        var (body, error) = await RequestBody.ReadAsync(request, maxBytes, cancellationToken);
        if (body is null)
            return new JsonBody(null, null, error);
        if (JsonScanner.Scan(body.Bytes.Span) is { } malformed)
        {
            body.Dispose();
            return new JsonBody(null, null, malformed);
        }
        return new JsonBody(body, JsonDocument.Parse(body.Bytes, new JsonDocumentOptions { MaxDepth = JsonScanner.MaxDepth }), null);
    }

    public void Dispose()
    {
        _document?.Dispose();
        _body?.Dispose();
    }
}
