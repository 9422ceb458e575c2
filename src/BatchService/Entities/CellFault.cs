using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Why a value does not fit a type, without the column it was meant for; the default value says that it fits.</summary>
/// <param name="Why">Continues "Column 'c' takes t", from its punctuation on; null where the type says it all.</param>
/// <param name="Path">The place within an array or object, as a JSON pointer; empty for the value itself.</param>
internal readonly record struct CellFault(ErrorCode? Code, string? Why = null, string Path = "")
{
    public static readonly CellFault None;
    public static readonly CellFault WrongType = new(ErrorCodes.TypeInvalid);
    public static readonly CellFault TooLong = new(ErrorCodes.ValueTooLong);
    public static readonly CellFault OutOfRange = new(ErrorCodes.NumericOutOfRange);
    public static readonly CellFault Null = new(ErrorCodes.NotNullViolation);

    public CellFault Beneath(string segment) => this with { Path = JsonPointer.Append("", segment) + Path };

    public CellFault Beneath(int index) => this with { Path = JsonPointer.Append("", index) + Path };

    /// <summary>The fault as the client reads it: names of column and type, never the value.</summary>
    public Error? For(Column column, string pointer)
    {
        if (Code is null)
        {
            return null;
        }

        var whose = Path.Length == 0 ? "Column" : "An element of column";
        var takes = $"column '{column.Name}' takes {column.Type.Name}";
        var detail = Code switch
        {
            _ when Code == ErrorCodes.NotNullViolation => $"{whose} '{column.Name}' must not be null.",
            _ when Code == ErrorCodes.ValueTooLong => $"The value is too long: {takes}.",
            _ when Code == ErrorCodes.NumericOutOfRange => $"The value is out of range: {takes}.",
            _ => $"C{takes[1..]}{Why}.",
        };
        return new Error(Code, detail, pointer + Path);
    }
}
