using System.Globalization;

namespace BatchService.Entities;

/// <summary>Checks numbers against the number types of PostgreSQL.</summary>
internal static class NumberText
{
    /// <summary>What numeric without precision holds before and behind the point.</summary>
    private const int MaxIntegerDigits = 131_072;
    private const int MaxFractionDigits = 16_383;

    /// <summary>An integer in its one spelling: no sign on zero, no leading zeros, no point, no exponent.</summary>
    public static CellFault Integer(long value, TypeFamily family, out string? text)
    {
        var fits = family switch
        {
            TypeFamily.Int16 => value is >= short.MinValue and <= short.MaxValue,
            TypeFamily.Int32 => value is >= int.MinValue and <= int.MaxValue,
            _ => true,
        };
        text = fits ? value.ToString(CultureInfo.InvariantCulture) : null;
        return fits ? CellFault.None : CellFault.OutOfRange;
    }

    public static CellFault Read(string value, ColumnType type, out string? text)
    {
        text = null;
        if (!DecimalLiteral.TryParse(value, out var literal))
        {
            return CellFault.WrongType;
        }

        if (type.Family is TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64)
        {
            return Integer(literal, type.Family, out text);
        }

        var fits = type.Family switch
        {
            TypeFamily.Numeric => FitsNumeric(literal, type),
            TypeFamily.Float32 => float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var single)
                && float.IsFinite(single) && (single != 0 || literal.IsZero),
            _ => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number) && (number != 0 || literal.IsZero),
        };
        text = fits ? value : null;
        return fits ? CellFault.None : CellFault.OutOfRange;
    }

    private static CellFault Integer(in DecimalLiteral literal, TypeFamily family, out string? text)
    {
        text = null;
        if (!literal.IsInteger)
        {
            return CellFault.WrongType;
        }

        if (!literal.IsZero && literal.IntegerDigits > 19)
        {
            return CellFault.OutOfRange;
        }

        var magnitude = literal.Magnitude();
        var limit = (UInt128)long.MaxValue + (literal.Negative ? 1u : 0u);
        if (magnitude > limit)
        {
            return CellFault.OutOfRange;
        }

        return Integer(literal.Negative ? (long)-(Int128)magnitude : (long)magnitude, family, out text);
    }

    /// <summary>The value is cast to plain numeric first and rounded to the column's scale after that, so both limits hold.</summary>
    private static bool FitsNumeric(in DecimalLiteral literal, ColumnType type) =>
        literal.FractionDigits <= MaxFractionDigits
        && (literal.IsZero || literal.IntegerDigits <= MaxIntegerDigits)
        && (type.Precision is not { } precision || literal.IntegerDigitsAt(type.Scale ?? 0) <= precision - (type.Scale ?? 0));
}
