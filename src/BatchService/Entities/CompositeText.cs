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

        foreach (var property in value.EnumerateObject())
        {
            if (!type.Fields.Any(field => property.NameEquals(field.Name)))
            {
                return (CellFault.WrongType with { Why = ", which has no such field" }).Beneath(property.Name);
            }
        }

        var row = new StringBuilder("(");
        foreach (var (index, field) in type.Fields.Index())
        {
            string? cell = null;
            var nullable = !field.Type.DomainNotNull;
            var fault = value.TryGetProperty(field.Name, out var item) ? CellText.FromJson(item, field.Type, nullable, out cell)
                : nullable ? CellFault.None
                : CellFault.Null;
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
