using System.Security.Cryptography;
using System.Text;

namespace BatchService.Batching;

/// <summary>The <c>Idempotency-Key</c> of a request: who sent it where, and a hash that tells a repetition from another request.</summary>
internal sealed record IdempotencyKey(string Caller, string Route, string Key, byte[] BodyHash)
{
    public const int MaxLength = 255;

    /// <summary>The hash covers everything that decides what the request does.</summary>
    public static byte[] HashOf(string query, string mediaType, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{mediaType}\n{query}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    /// <summary>Reads the header: a structured-field string or the bare text; null when it is empty, too long or not printable ASCII.</summary>
    public static string? Parse(string header)
    {
        var text = header.Trim();
        if (text is ['"', .., '"'])
            text = text[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
        return text.Length is > 0 and <= MaxLength && text.All(character => character is >= ' ' and <= '~') ? text : null;
    }
}
