using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>
/// From a JSON value or a CSV field to the text that PostgreSQL reads for a column (null = SQL NULL), refusing what the column cannot take
/// before the database sees it. Integers and uuids come out in one spelling, so that equal keys have equal text.
/// <list type="bullet">
/// <item>Numbers: JSON numbers, or strings that are decimal literals; NaN and infinities are refused.</item>
/// <item>json and jsonb take any JSON value as it is: a string stays a JSON string, and null is SQL NULL.</item>
/// <item>bytea: base64, or PostgreSQL's own <c>\x</c> form.</item>
/// <item>Arrays and composites: JSON arrays and objects; from CSV, PostgreSQL's text.</item>
/// <item>What only PostgreSQL can judge (ranges, intervals, other types) is passed on when it is plausible.</item>
/// </list>
/// The pointer is used on failure only. A caller that must not pay for one per cell passes "" and puts the cell's own before the error's.
/// </summary>
internal static class CellText
{
    public static Error? TryRead(JsonElement value, Column column, string pointer, out string? text) =>
        FromJson(value, column.Type, column.Nullable, out text).For(column, pointer);

    /// <summary>The same from a CSV field.</summary>
    /// <param name="value">The field as text; null = SQL NULL (which fields are null is the CSV reader's rule).</param>
    public static Error? TryRead(string? value, Column column, string pointer, out string? text)
    {
        if (value is null)
        {
            text = null;
            return (column.Nullable ? CellFault.None : CellFault.Null).For(column, pointer);
        }

        return FromCsv(value, column.Type, out text).For(column, pointer);
    }

    /// <summary>A JSON value of any type; also the elements and fields of others.</summary>
    public static CellFault FromJson(JsonElement value, ColumnType type, bool nullable, out string? text)
    {
        text = null;
        if (value.ValueKind == JsonValueKind.Null)
        {
            return nullable ? CellFault.None : CellFault.Null;
        }

        switch (type.Family)
        {
            case TypeFamily.Json:
                text = value.GetRawText();
                return CellFault.None;
            case TypeFamily.Array:
                return ArrayText.Read(value, type, out text);
            case TypeFamily.Composite:
                return CompositeText.Read(value, type, out text);
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return FromString(value.GetString()!, type, out text);
            case JsonValueKind.Number:
                return FromNumber(value, type, out text);
            case JsonValueKind.True or JsonValueKind.False when type.Family is TypeFamily.Boolean or TypeFamily.Other:
                text = value.ValueKind == JsonValueKind.True ? "true" : "false";
                return CellFault.None;
            default:
                return CellFault.WrongType;
        }
    }

    private static CellFault FromNumber(JsonElement value, ColumnType type, out string? text)
    {
        switch (type.Family)
        {
            case TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 when value.TryGetInt64(out var integer):
                return NumberText.Integer(integer, type.Family, out text);
            case TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 or TypeFamily.Numeric or TypeFamily.Float32 or TypeFamily.Float64:
                return NumberText.Read(value.GetRawText(), type, out text);
            case TypeFamily.Other:
                text = value.GetRawText();
                return CellFault.None;
            default:
                text = null;
                return CellFault.WrongType;
        }
    }

    private static CellFault FromCsv(string value, ColumnType type, out string? text)
    {
        text = value;
        return type.Family switch
        {
            TypeFamily.Json => StringText.Json(value),
            TypeFamily.Array => StringText.Enclosed(value, "{[", "}"),
            TypeFamily.Composite => StringText.Enclosed(value, "(", ")"),
            TypeFamily.Boolean => StringText.LooseBoolean(value, out text),
            _ => FromString(value, type, out text),
        };
    }

    private static CellFault FromString(string value, ColumnType type, out string? text)
    {
        text = value;
        switch (type.Family)
        {
            case TypeFamily.Text:
                return StringText.Limited(value, type);
            case TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 or TypeFamily.Numeric or TypeFamily.Float32 or TypeFamily.Float64:
                return NumberText.Read(value, type, out text);
            case TypeFamily.Boolean:
                return value is "true" or "false" ? CellFault.None : CellFault.WrongType;
            case TypeFamily.Uuid:
                return StringText.Uuid(value, out text);
            case TypeFamily.Date or TypeFamily.Time or TypeFamily.TimeTz or TypeFamily.Timestamp or TypeFamily.TimestampTz:
                return TimeText.Check(value, type.Family);
            case TypeFamily.Interval:
                return StringText.Interval(value);
            case TypeFamily.Bytes:
                return StringText.Bytes(value, out text);
            case TypeFamily.Enum:
                return type.Labels?.Contains(value) == true
                    ? CellFault.None
                    : CellFault.WrongType with { Why = ": one of its labels, exactly" };
            case TypeFamily.Range:
                return value == "empty" ? CellFault.None : StringText.Enclosed(value, "[(", "])");
            case TypeFamily.Multirange:
                return StringText.Enclosed(value, "{", "}");
            case TypeFamily.Network:
                return NetworkText.Check(value, type.BaseType);
            case TypeFamily.BitString:
                return StringText.Bits(value, type);
            default:
                return CellFault.None;
        }
    }
}
