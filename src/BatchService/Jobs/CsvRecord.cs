using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>Records of CSV as JSON objects, so that both are read by the same rules.</summary>
/// <param name="header">The column names; what a download added to failed items is left out of account.</param>
/// <param name="flags">Columns that hold <c>true</c> or <c>false</c>; anything else stays a text, which is then refused.</param>
/// <param name="objects">Columns that hold a JSON object; anything else stays a text, which is then refused.</param>
internal sealed class CsvRecord(IReadOnlyList<string> header, IReadOnlyList<string> flags, IReadOnlyList<string> objects)
{
    /// <summary>As strict as the body of a request.</summary>
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Each field a text under its column's name; one that is empty or not given is left out.</summary>
    public JsonElement ToJson(IReadOnlyList<string?> fields)
    {
        var record = new JsonObject();
        foreach (var (name, field) in header.Zip(fields))
        {
            if (!string.IsNullOrEmpty(field) && field != CsvCell.NotGiven && !JobDownload.IsAddedToFailed(name))
                record[name] = Read(name, field);
        }
        return JsonElement.Parse(record.ToJsonString());
    }

    private JsonNode Read(string name, string field)
    {
        if (flags.Contains(name, StringComparer.Ordinal) && bool.TryParse(field, out var flag))
            return flag;
        return objects.Contains(name, StringComparer.Ordinal) && ReadObject(field) is { } json ? json : field;
    }

    /// <summary>Null for what is no JSON object, or holds a text that no body may hold.</summary>
    private static JsonObject? ReadObject(string text)
    {
        try
        {
            var json = JsonNode.Parse(text, documentOptions: s_strict) as JsonObject;
            // Lone surrogates are found when the texts are written.
            return json?.ToJsonString().Contains("\\u0000", StringComparison.Ordinal) == false ? json : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
