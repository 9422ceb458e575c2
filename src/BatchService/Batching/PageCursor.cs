using System.Buffers.Text;
using System.Text.Json;

namespace BatchService.Batching;

/// <summary>
/// Where a page ended: the sort keys of its last row, opaque to clients. A list is sorted by keys that together are unique, and the next
/// page begins behind them, so that rows that come or go meanwhile shift nothing.
/// </summary>
internal static class PageCursor
{
    public static readonly Error BadCursor = new(ErrorCodes.FieldInvalid, "The query parameter 'cursor' is not one that this list gave");

    private const int MaxLength = 2_048;

    /// <summary>The text of a cursor.</summary>
    public static string Write(params string[] keys) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(keys, WireJson.Default.StringArray));

    /// <summary>The keys of a cursor; null when the text is none, or has another number of keys.</summary>
    public static IReadOnlyList<string>? Read(string text, int count)
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text))
            return null;
        try
        {
            var keys = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), WireJson.Default.StringArray);
            return keys?.Length == count && Array.TrueForAll(keys, key => key is not null && !key.Contains('\0', StringComparison.Ordinal)) ? keys : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
