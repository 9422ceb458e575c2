using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Reads a value to compare a column with: of the column's type, but of any length, and null only by the null tests.</summary>
internal static class FilterValue
{
    public static string? TryRead(JsonElement value, Column column, string place, List<Error> errors)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            errors.Add(new Error(ErrorCodes.FilterInvalid, "A list has no nulls; use is-null:: as well.", place));
            return null;
        }
        return Checked(CellText.TryRead(value, Comparable(column), place, out var text), text, errors);
    }

    public static string? TryRead(string value, Column column, string place, List<Error> errors) =>
        Checked(CellText.TryRead(value, Comparable(column), place, out var text), text, errors);

    private static string? Checked(Error? error, string? text, List<Error> errors)
    {
        if (error is null)
            return text;
        errors.Add(error);
        return null;
    }

    private static Column Comparable(Column column) => column.Type is { MaxLength: null, Precision: null }
        ? column
        : column with { Type = column.Type with { MaxLength = null, Precision = null, Scale = null } };
}
