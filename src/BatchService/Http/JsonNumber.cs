using System.Buffers.Text;

namespace BatchService.Http;

/// <summary>Which JSON numbers are taken: those that a double can hold as finite and a numeric in a row's worth of digits.</summary>
internal static class JsonNumber
{
    public const int MaxDigits = 34;
    public const int MaxExponent = 308;

    // Zeros between the point and the first other digit, and all that the two limits above allow.
    private const int MaxLength = MaxDigits + MaxExponent + 16;

    /// <summary>Judges a token that is a number by the grammar. Trailing zeros count as digits, leading ones do not.</summary>
    public static bool IsAcceptable(ReadOnlySpan<byte> number)
    {
        var e = number.IndexOfAny((byte)'e', (byte)'E');
        if (e < 0 && number.Length <= MaxDigits)
        {
            return true;
        }

        // The bound matters beyond speed: {"n":1e131071} is 30 bytes in and 131,079 out of jsonb.
        if (number.Length > MaxLength || !TryReadExponent(e < 0 ? [] : number[(e + 1)..], out var exponent))
        {
            return false;
        }

        var (digits, magnitude) = Measure(e < 0 ? number : number[..e]);
        magnitude += exponent;
        if (digits > MaxDigits || (digits > 0 && Math.Abs(magnitude) > MaxExponent))
        {
            return false;
        }

        return magnitude < MaxExponent || (Utf8Parser.TryParse(number, out double value, out _) && double.IsFinite(value));
    }

    /// <summary>Significant digits (0 for zero), and the power of ten of the first of them.</summary>
    private static (int Digits, int Magnitude) Measure(ReadOnlySpan<byte> mantissa)
    {
        var (digits, whole, leading, fraction) = (0, 0, 0, false);
        foreach (var b in mantissa)
        {
            if (b == '.')
            {
                fraction = true;
            }
            else if (b != '-' && (b != '0' || digits > 0))
            {
                digits++;
                whole += fraction ? 0 : 1;
            }
            else if (fraction)
            {
                leading++;
            }
        }

        return (digits, whole > 0 ? whole - 1 : -(leading + 1));
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        var negative = text is [(byte)'-', ..];
        var digits = (text is [(byte)'-' or (byte)'+', ..] ? text[1..] : text).TrimStart((byte)'0');
        if (digits.Length > 3)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            exponent = (exponent * 10) + (digit - '0');
        }

        exponent = negative ? -exponent : exponent;
        return Math.Abs(exponent) <= MaxExponent;
    }
}
