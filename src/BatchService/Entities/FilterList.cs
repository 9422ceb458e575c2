using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.Entities;

/// <summary>The list after <c>in::</c> or <c>between::</c>: comma-separated, or a JSON array.</summary>
internal static class FilterList
{
    /// <summary>The elements as a JSON array; null when it looks like a JSON array and is none.</summary>
    public static JsonElement? Parse(string text)
    {
        if (text.AsSpan().TrimStart() is ['[', ..])
            return TryParseArray(text);
        var items = text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        return JsonSerializer.SerializeToElement(new JsonArray([.. items.Select(item => (JsonNode)item)]));
    }

    private static JsonElement? TryParseArray(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
