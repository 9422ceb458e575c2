using BatchService.Batching;
using Microsoft.Net.Http.Headers;

namespace BatchService.Http;

/// <summary>What a body is written in; a set, so that an endpoint can say what it reads.</summary>
[Flags]
internal enum MediaKind
{
    None = 0,
    Json = 1,
    Ndjson = 2,
    Csv = 4,
}

/// <summary>
/// Reads <c>Content-Type</c> and <c>Content-Encoding</c>: what is not named here is refused with 415, before the body is touched.
/// </summary>
internal static class RequestMedia
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string Csv = "text/csv";

    /// <summary>Of bodies that are sent; none at all is fine too.</summary>
    public static readonly IReadOnlyList<string> Encodings = ["gzip", "br"];

    /// <summary>The kind of the body, if it is among those that the endpoint reads.</summary>
    public static (MediaKind Kind, Error? Error) Read(HttpRequest request, MediaKind readable)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
        {
            return Refuse($"The request needs a Content-Type: {List(readable)}.");
        }

        var kind = type.MediaType.Value?.ToUpperInvariant() switch
        {
            "APPLICATION/JSON" => MediaKind.Json,
            "APPLICATION/X-NDJSON" => MediaKind.Ndjson,
            "TEXT/CSV" => MediaKind.Csv,
            _ => MediaKind.None,
        };
        if ((kind & readable) == MediaKind.None)
        {
            return Refuse($"The endpoint does not read this Content-Type; it reads {List(readable)}.");
        }

        var charset = HeaderUtilities.RemoveQuotes(type.Charset);
        if (charset.Length > 0 && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return Refuse("The charset must be utf-8.");
        }

        return type.Parameters.Any(IsHeaderAbsent) ? Refuse("CSV needs its header row (header=present).") : (kind, null);
    }

    /// <summary>The stream that decodes the body, or null when its encoding is not one of gzip and br.</summary>
    public static Stream? Decode(HttpRequest request, Stream body) =>
        request.Headers.ContentEncoding.ToString().Trim().ToUpperInvariant() switch
        {
            "" or "IDENTITY" => body,
            "GZIP" or "X-GZIP" => new GzipBody(body),
            "BR" => new BrotliBody(body),
            _ => null,
        };

    private static bool IsHeaderAbsent(NameValueHeaderValue parameter) =>
        parameter.Name.Equals("header", StringComparison.OrdinalIgnoreCase)
        && parameter.GetUnescapedValue().Equals("absent", StringComparison.OrdinalIgnoreCase);

    private static (MediaKind Kind, Error? Error) Refuse(string detail) =>
        (MediaKind.None, new Error(ErrorCodes.UnsupportedMediaType, detail));

    private static string List(MediaKind kinds) => string.Join(
        ", ",
        new[] { (MediaKind.Json, Json), (MediaKind.Ndjson, Ndjson), (MediaKind.Csv, Csv) }
            .Where(pair => kinds.HasFlag(pair.Item1))
            .Select(pair => pair.Item2));
}
