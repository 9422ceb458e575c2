namespace BatchService.Entities;

/// <summary>Checks ISO 8601 and RFC 3339 dates and times: T or a blank, real days only, years 1 to 9999 (others cannot be read back).</summary>
internal static class TimeText
{
    private const int Longest = 64;
    private const long MicrosecondsPerSecond = 1_000_000;
    private const long MicrosecondsPerDay = 86_400 * MicrosecondsPerSecond;
    private const int LongestOffset = (15 * 3600) + (59 * 60) + 59;

    /// <summary>PostgreSQL would drop an offset here without a word.</summary>
    private static readonly CellFault OffsetDropped = CellFault.WrongType with { Why = ", which has no offset" };

    public static CellFault Check(ReadOnlySpan<char> value, TypeFamily family)
    {
        if (value.Length > Longest)
        {
            return CellFault.WrongType;
        }

        return family switch
        {
            TypeFamily.Date => TryDate(ref value, out _) && value.IsEmpty ? CellFault.None : CellFault.WrongType,
            TypeFamily.Time or TypeFamily.TimeTz => Time(value, family == TypeFamily.TimeTz),
            _ => Timestamp(value, family == TypeFamily.TimestampTz),
        };
    }

    private static CellFault Time(ReadOnlySpan<char> value, bool zoned)
    {
        if (!TryTime(ref value, out _, allowMidnightAtEnd: true))
        {
            return CellFault.WrongType;
        }

        return Offset(value, zoned, out _);
    }

    private static CellFault Timestamp(ReadOnlySpan<char> value, bool zoned)
    {
        if (!TryDate(ref value, out var days))
        {
            return CellFault.WrongType;
        }

        if (value.IsEmpty)
        {
            return CellFault.None;
        }

        if (value[0] is not ('T' or 't' or ' '))
        {
            return CellFault.WrongType;
        }

        value = value[1..];
        if (!TryTime(ref value, out var microseconds, allowMidnightAtEnd: false))
        {
            return CellFault.WrongType;
        }

        var fault = Offset(value, zoned, out var offset);
        var instant = (days * MicrosecondsPerDay) + microseconds - (offset * MicrosecondsPerSecond);
        return fault.Code is null && (instant < 0 || instant >= (DateOnly.MaxValue.DayNumber + 1L) * MicrosecondsPerDay)
            ? CellFault.WrongType with { Why = " of the years 1 to 9999" }
            : fault;
    }

    private static bool TryDate(ref ReadOnlySpan<char> rest, out long days)
    {
        days = 0;
        if (!TryDigits(ref rest, 4, out var year) || !TrySkip(ref rest, '-')
            || !TryDigits(ref rest, 2, out var month) || !TrySkip(ref rest, '-')
            || !TryDigits(ref rest, 2, out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        days = new DateOnly(year, month, day).DayNumber;
        return true;
    }

    /// <summary>Seconds and their fraction are optional. A leap second is read, as PostgreSQL reads it, as the next minute.</summary>
    private static bool TryTime(ref ReadOnlySpan<char> rest, out long microseconds, bool allowMidnightAtEnd)
    {
        microseconds = 0;
        var second = 0;
        if (!TryDigits(ref rest, 2, out var hour) || !TrySkip(ref rest, ':') || !TryDigits(ref rest, 2, out var minute))
        {
            return false;
        }

        var fraction = 0L;
        if (TrySkip(ref rest, ':')
            && (!TryDigits(ref rest, 2, out second) || (TrySkip(ref rest, '.') && !TryFraction(ref rest, out fraction))))
        {
            return false;
        }

        microseconds = ((((hour * 60L) + minute) * 60) + second) * MicrosecondsPerSecond + fraction;
        var isLeap = second == 60 && fraction == 0;
        return hour <= 23 && minute <= 59 && (second <= 59 || isLeap)
            ? microseconds < MicrosecondsPerDay || allowMidnightAtEnd || isLeap || fraction == MicrosecondsPerSecond
            : allowMidnightAtEnd && hour == 24 && microseconds == MicrosecondsPerDay;
    }

    /// <summary>Any number of digits; rounded to microseconds as PostgreSQL does.</summary>
    private static bool TryFraction(ref ReadOnlySpan<char> rest, out long microseconds)
    {
        microseconds = 0;
        var length = rest.IndexOfAnyExceptInRange('0', '9');
        length = length < 0 ? rest.Length : length;
        for (var i = 0; i < 6; i++)
        {
            microseconds = (microseconds * 10) + (i < length ? rest[i] - '0' : 0);
        }

        microseconds += length > 6 && rest[6] >= '5' ? 1 : 0;
        rest = rest[length..];
        return length > 0;
    }

    /// <summary>Nothing, Z, or +hh, +hhmm, +hh:mm, +hh:mm:ss; at most 15:59:59 from UTC.</summary>
    private static CellFault Offset(ReadOnlySpan<char> rest, bool zoned, out long seconds)
    {
        seconds = 0;
        if (rest.IsEmpty)
        {
            return CellFault.None;
        }

        if (rest is not ['Z' or 'z'] && !TryNumericOffset(rest, out seconds))
        {
            return CellFault.WrongType;
        }

        return zoned ? CellFault.None : OffsetDropped;
    }

    private static bool TryNumericOffset(ReadOnlySpan<char> rest, out long seconds)
    {
        seconds = 0;
        if (rest[0] is not ('+' or '-'))
        {
            return false;
        }

        var sign = rest[0] == '-' ? -1 : 1;
        rest = rest[1..];
        int minutes = 0, odd = 0;
        if (!TryDigits(ref rest, 2, out var hours))
        {
            return false;
        }

        var colon = TrySkip(ref rest, ':');
        if ((colon || !rest.IsEmpty) && !TryDigits(ref rest, 2, out minutes))
        {
            return false;
        }

        if (colon && TrySkip(ref rest, ':') && !TryDigits(ref rest, 2, out odd))
        {
            return false;
        }

        var total = (((hours * 60) + minutes) * 60) + odd;
        seconds = sign * total;
        return rest.IsEmpty && minutes <= 59 && odd <= 59 && total <= LongestOffset;
    }

    private static bool TryDigits(ref ReadOnlySpan<char> rest, int count, out int value)
    {
        value = 0;
        if (rest.Length < count)
        {
            return false;
        }

        foreach (var c in rest[..count])
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        rest = rest[count..];
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<char> rest, char expected)
    {
        if (rest.IsEmpty || rest[0] != expected)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }
}
