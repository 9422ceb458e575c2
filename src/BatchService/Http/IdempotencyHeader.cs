using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Reads <c>Idempotency-Key</c>.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    /// <summary>The key, or null without one, or the error of an unusable one.</summary>
    /// <param name="route">What the key belongs to: the method and the address.</param>
    public static (IdempotencyKey? Key, Error? Error) Read(HttpContext context, string route, ReadOnlySpan<byte> body)
    {
        var header = context.Request.Headers[Name];
        if (header.Count == 0)
            return (null, null);
        if (header.Count > 1 || IdempotencyKey.Parse(header[0] ?? "") is not { } key)
            return (null, new Error(ErrorCodes.FieldInvalid, $"{Name} must be 1 to {IdempotencyKey.MaxLength} printable ASCII characters."));
        var hash = IdempotencyKey.HashOf(context.Request.QueryString.Value ?? "", context.Request.ContentType ?? "", body);
        return (new IdempotencyKey(context.GetCaller().Subject, route, key, hash), null);
    }
}
