using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.Devices;

/// <summary>Records of CSV as JSON objects, so that both are read by the same rules. Objects inside an item have no place in a record.</summary>
internal static class CsvRecord
{
    /// <summary>Each field a text under its column's name; an empty one is left out.</summary>
    /// <param name="flags">Columns that hold <c>true</c> or <c>false</c>; anything else stays a text, which is then refused.</param>
    public static JsonElement ToJson(IReadOnlyList<string> header, IReadOnlyList<string?> fields, IReadOnlyList<string> flags)
    {
        var record = new JsonObject();
        foreach (var (name, field) in header.Zip(fields))
        {
            if (!string.IsNullOrEmpty(field))
                record[name] = flags.Contains(name, StringComparer.Ordinal) && bool.TryParse(field, out var flag) ? flag : field;
        }
        return JsonElement.Parse(record.ToJsonString());
    }
}
