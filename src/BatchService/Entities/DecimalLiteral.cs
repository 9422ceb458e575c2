namespace BatchService.Entities;

/// <summary>A decimal number as written, measured without being computed: no length or exponent can make it costly.</summary>
internal readonly ref struct DecimalLiteral
{
    /// <summary>Beyond every limit of PostgreSQL, and far from overflow.</summary>
    private const long HugeExponent = 1_000_000_000;

    /// <summary>From the first to the last digit that is not zero; may hold the point.</summary>
    private readonly ReadOnlySpan<char> _significant;

    private DecimalLiteral(ReadOnlySpan<char> significant, int count, bool negative, long integerDigits, long fractionDigits)
    {
        _significant = significant;
        Count = count;
        Negative = negative;
        IntegerDigits = integerDigits;
        FractionDigits = fractionDigits;
    }

    /// <summary>Digits from the first to the last that is not zero; 0 for zero.</summary>
    public int Count { get; }

    public bool Negative { get; }

    /// <summary>Digits before the point, written out; negative when zeros follow it (0.05 has -1). Meaningless for zero.</summary>
    public long IntegerDigits { get; }

    /// <summary>Digits behind the point, written out, closing zeros included.</summary>
    public long FractionDigits { get; }

    public bool IsZero => Count == 0;

    public bool IsInteger => IsZero || Count <= IntegerDigits;

    /// <summary>Sign, digits with at most one point and at least one digit, exponent; ASCII, no blanks.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DecimalLiteral literal)
    {
        literal = default;
        var at = text is ['-' or '+', ..] ? 1 : 0;
        int digits = 0, point = -1, first = -1, firstAt = 0, last = -1, lastAt = 0;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '.' && point < 0)
            {
                point = digits;
                continue;
            }

            if (!char.IsAsciiDigit(c))
            {
                break;
            }

            if (c != '0')
            {
                (first, firstAt) = first < 0 ? (digits, at) : (first, firstAt);
                (last, lastAt) = (digits, at);
            }

            digits++;
        }

        if (digits == 0 || !TryExponent(text[at..], out var exponent))
        {
            return false;
        }

        point = point < 0 ? digits : point;
        literal = new DecimalLiteral(
            first < 0 ? default : text[firstAt..(lastAt + 1)],
            first < 0 ? 0 : last - first + 1,
            text[0] == '-',
            point - first + exponent,
            Math.Max(0, digits - point - exponent));
        return true;
    }

    /// <summary>The absolute value of an integer of at most 19 digits.</summary>
    public UInt128 Magnitude()
    {
        UInt128 value = 0;
        foreach (var c in _significant)
        {
            value = c == '.' ? value : (value * 10) + (uint)(c - '0');
        }

        for (var zeros = IntegerDigits - Count; zeros > 0 && !IsZero; zeros--)
        {
            value *= 10;
        }

        return value;
    }

    /// <summary>Digits before the point after rounding half away from zero to a scale; very small when the result is zero.</summary>
    public long IntegerDigitsAt(int scale)
    {
        var kept = IntegerDigits + scale;
        if (IsZero || kept < 0)
        {
            return long.MinValue;
        }

        if (kept >= Count)
        {
            return IntegerDigits;
        }

        foreach (var c in _significant)
        {
            if (c == '.')
            {
                continue;
            }

            if (kept == 0)
            {
                return c >= '5' ? IntegerDigits + 1 : IntegerDigits;
            }

            if (c != '9')
            {
                break;
            }

            kept--;
        }

        return IntegerDigits;
    }

    private static bool TryExponent(ReadOnlySpan<char> text, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] is not ('e' or 'E'))
        {
            return false;
        }

        var digits = text[1..];
        var negative = digits is ['-', ..];
        digits = digits is ['-' or '+', ..] ? digits[1..] : digits;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            exponent = Math.Min((exponent * 10) + (c - '0'), HugeExponent);
        }

        exponent = negative ? -exponent : exponent;
        return !digits.IsEmpty;
    }
}
