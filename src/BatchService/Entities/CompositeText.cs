using System.Text;
using System.Text.Json;

namespace BatchService.Entities;

/// <summary>From a JSON object to PostgreSQL's row literal: fields by name, absent ones null, unknown ones refused.</summary>
internal static class CompositeText
{
    public static CellFault Read(JsonElement value, ColumnType type, out string? text)
    {
        text = null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            return CellFault.WrongType with { Why = ", as a JSON object" };
        }

        var names = value.EnumerateObject().Select(property => property.Name);
        if (names.FirstOrDefault(name => !type.Fields.Any(field => field.Name == name)) is { } unknown)
        {
            return (CellFault.WrongType with { Why = ", which has no such field" }).Beneath(unknown);
        }

        var row = new StringBuilder("(");
        foreach (var (index, field) in type.Fields.Index())
        {
            var fault = ReadField(value, field, out var cell);
            if (fault.Code is not null)
            {
                return fault.Beneath(field.Name);
            }

            row.Append(index == 0 ? "" : ",");
            Quote(row, cell);
        }

        text = row.Append(')').ToString();
        return CellFault.None;
    }

    private static CellFault ReadField(JsonElement row, CompositeField field, out string? text)
    {
        var nullable = !field.Type.DomainNotNull;
        if (row.TryGetProperty(field.Name, out var value))
        {
            return CellText.FromJson(value, field.Type, nullable, out text);
        }

        text = null;
        return nullable ? CellFault.None : CellFault.Null;
    }

    /// <summary>Nothing at all is null; an empty text is a pair of quotes.</summary>
    private static void Quote(StringBuilder row, string? text)
    {
        if (text is null)
        {
            return;
        }

        row.Append('"');
        foreach (var c in text)
        {
            row.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        row.Append('"');
    }
}
