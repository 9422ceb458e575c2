using System.Text.Json;

namespace BatchService.Frames;

/// <summary>How long a value is as compact JSON text in UTF-16 units, escaped no more than JSON demands.</summary>
internal static class JsonTextLength
{
    /// <summary>True when the text is longer than <paramref name="limit"/>; null: never.</summary>
    public static bool Exceeds(JsonElement value, int? limit) =>
        // The text as sent, in bytes or in units, is never shorter than the compact one: most objects need no second look.
        limit is { } max && value.GetRawText().Length > max && Of(value) > max;

    public static long Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Items(value.EnumerateObject(), member => Text(member.Name) + 1 + Of(member.Value)),
        JsonValueKind.Array => Items(value.EnumerateArray(), Of),
        JsonValueKind.String => Text(value.GetString()!),
        _ => value.GetRawText().Length,
    };

    /// <summary>Brackets, items, and the commas between them.</summary>
    private static long Items<T>(IEnumerable<T> items, Func<T, long> length)
    {
        var (count, sum) = (0L, 0L);
        foreach (var item in items)
            (count, sum) = (count + 1, sum + length(item));
        return 2 + sum + Math.Max(0, count - 1);
    }

    private static long Text(string text) => 2 + text.Sum(character => character switch
    {
        '"' or '\\' or '\b' or '\f' or '\n' or '\r' or '\t' => 2L,
        < ' ' => 6L,
        _ => 1L,
    });
}
