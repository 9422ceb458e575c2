using System.Text;
using System.Text.Json;

namespace BatchService.Entities;

/// <summary>
/// The list after <c>in::</c> or <c>between::</c>: comma-separated, or a JSON array. A value found in data is one element, or the end or
/// the middle of one; an array that is all there is gives its elements.
/// </summary>
internal static class FilterList
{
    /// <summary>The elements; null when it looks like a JSON array and is none.</summary>
    public static IReadOnlyList<JsonElement>? Parse(FilterText operand) => operand.Pieces switch
    {
        [] => [],
        [{ Data: { ValueKind: JsonValueKind.Array } array }] => [.. array.EnumerateArray()],
        [{ Data: { } only }] => [only],
        [{ Text: var text }, ..] when text.AsSpan().TrimStart() is ['[', ..] && !operand.Pieces[0].IsData => ParseArray(operand),
        _ => [.. Split(operand).Select(text => JsonSerializer.SerializeToElement(text))],
    };

    private static IEnumerable<string> Split(FilterText operand)
    {
        var item = new List<FilterPiece>();
        foreach (var piece in operand.Pieces)
        {
            string[] parts = piece.IsData ? [] : piece.Text.Split(',');
            for (var part = 0; part < parts.Length; part++)
            {
                if (part > 0)
                {
                    yield return Join(item);
                    item.Clear();
                }
                item.Add(new FilterPiece(parts[part]));
            }
            if (piece.IsData)
                item.Add(piece);
        }
        yield return Join(item);
    }

    /// <summary>Blanks around an element are for the eye, but those of data belong to it.</summary>
    private static string Join(List<FilterPiece> item)
    {
        if (!item[0].IsData)
            item[0] = new FilterPiece(item[0].Text.TrimStart());
        if (!item[^1].IsData)
            item[^1] = new FilterPiece(item[^1].Text.TrimEnd());
        return string.Concat(item.Select(piece => piece.Text));
    }

    /// <summary>Data inside a JSON string becomes text of that string, elsewhere one JSON value.</summary>
    private static IReadOnlyList<JsonElement>? ParseArray(FilterText operand)
    {
        var json = new StringBuilder();
        var isString = false;
        foreach (var piece in operand.Pieces)
        {
            if (piece.Data is { } data)
            {
                json.Append(isString ? JsonEncodedText.Encode(piece.Text).ToString() : data.GetRawText());
                continue;
            }
            json.Append(piece.Text);
            isString = EndsInString(piece.Text, isString);
        }
        try
        {
            return JsonElement.Parse(json.ToString()) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool EndsInString(string json, bool isString)
    {
        var isEscaped = false;
        foreach (var character in json)
        {
            if (character == '"' && !isEscaped)
                isString = !isString;
            isEscaped = isString && !isEscaped && character == '\\';
        }
        return isString;
    }
}
