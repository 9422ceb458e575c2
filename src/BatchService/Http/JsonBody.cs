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
        var document = JsonDocument.Parse(body.Bytes, new JsonDocumentOptions { MaxDepth = JsonScanner.MaxDepth });
        AuditEntry.Current?.Parsed = AuditEntry.Current.Elapsed;
        var refusal = OperationCharge.Of(request.HttpContext)?.TakeItems(CountItems(document.RootElement));
        return new JsonBody(body, document, refusal);
    }

    /// <summary>Reads the body of a call that says everything in its address: nothing, or an object without fields; anything else is an error.</summary>
    public static async Task<(byte[] Bytes, IReadOnlyList<Error> Errors)> ReadNothingAsync(
        HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        var (body, error) = await RequestBody.ReadAsync(request, maxBytes, cancellationToken);
        if (body is null)
            return ([], error == RequestBody.Empty ? [] : [error!]);
        using (body)
        {
            if ((RequestMedia.Read(request, MediaKind.Json).Error ?? JsonScanner.Scan(body.Bytes.Span)) is { } unreadable)
                return ([], [unreadable]);
            using var document = JsonDocument.Parse(body.Bytes, new JsonDocumentOptions { MaxDepth = JsonScanner.MaxDepth });
            var errors = new List<Error>();
            new FieldReader(document.RootElement, "", errors).RefuseOthers();
            return (body.Bytes.ToArray(), errors);
        }
    }

    /// <summary>What the rate limit counts: whatever an endpoint calls its items, they are the longest array of the request.</summary>
    private static int CountItems(JsonElement root) => root.ValueKind == JsonValueKind.Object
        ? root.EnumerateObject().Max(member => member.Value.ValueKind == JsonValueKind.Array ? member.Value.GetArrayLength() : (int?)null) ?? 0
        : 0;

    public void Dispose()
    {
        _document?.Dispose();
        _body?.Dispose();
    }
}
