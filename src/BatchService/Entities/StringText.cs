using System.Buffers;
using System.Text;
using System.Text.Json;

namespace BatchService.Entities;

/// <summary>Checks strings against the types that are written as strings, times and networks aside.</summary>
internal static class StringText
{
    private const int LongestInterval = 100;

    private static readonly SearchValues<char> HexCharacters = SearchValues.Create("0123456789ABCDEFabcdef");

    private static readonly SearchValues<char> IntervalCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz +-:.,@");

    /// <summary>Length in code points. PostgreSQL cuts only blanks beyond the limit; of name and "char" it would cut anything.</summary>
    public static CellFault Limited(string value, ColumnType type)
    {
        if (type.MaxLength is not { } limit)
        {
            return CellFault.None;
        }

        if (type.BaseType is "name" or "char")
        {
            return Encoding.UTF8.GetByteCount(value) <= limit ? CellFault.None : CellFault.TooLong;
        }

        if (value.Length <= limit || value.AsSpan().TrimEnd(' ').Length <= limit)
        {
            return CellFault.None;
        }

        var points = 0;
        foreach (var c in value.AsSpan().TrimEnd(' '))
        {
            points += char.IsLowSurrogate(c) ? 0 : 1;
        }

        return points <= limit ? CellFault.None : CellFault.TooLong;
    }

    /// <summary>With hyphens, in any case; comes out in lower case.</summary>
    public static CellFault Uuid(string value, out string? text)
    {
        text = null;
        if (value.Length != 36)
        {
            return CellFault.WrongType;
        }

        var isLower = true;
        for (var i = 0; i < value.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? value[i] != '-' : !char.IsAsciiHexDigit(value[i]))
            {
                return CellFault.WrongType;
            }

            isLower &= !char.IsAsciiLetterUpper(value[i]);
        }

        text = isLower ? value : value.ToLowerInvariant();
        return CellFault.None;
    }

    /// <summary>Base64 with padding, or <c>\x</c> and hexadecimal digits: no text is both.</summary>
    public static CellFault Bytes(string value, out string? text)
    {
        if (value.StartsWith("\\x", StringComparison.Ordinal))
        {
            text = value;
            return value.Length % 2 == 0 && !value.AsSpan(2).ContainsAnyExcept(HexCharacters) ? CellFault.None : CellFault.WrongType;
        }

        var bytes = ArrayPool<byte>.Shared.Rent((value.Length * 3 / 4) + 3);
        var isBase64 = Convert.TryFromBase64String(value, bytes, out var length);
        text = isBase64 ? $"\\x{Convert.ToHexStringLower(bytes.AsSpan(0, length))}" : null;
        ArrayPool<byte>.Shared.Return(bytes);
        return isBase64 ? CellFault.None : CellFault.WrongType with { Why = ", as base64" };
    }

    /// <summary>ISO 8601 duration or PostgreSQL's words: the database judges what looks like either.</summary>
    public static CellFault Interval(string value) =>
        value.Length <= LongestInterval
        && !value.AsSpan().ContainsAnyExcept(IntervalCharacters)
        && value.AsSpan().ContainsAnyInRange('0', '9')
            ? CellFault.None
            : CellFault.WrongType;

    public static CellFault Bits(string value, ColumnType type)
    {
        if (value.AsSpan().ContainsAnyExcept('0', '1'))
        {
            return CellFault.WrongType with { Why = ": characters 0 and 1 only" };
        }

        if (type.MaxLength is { } limit && value.Length > limit)
        {
            return CellFault.TooLong;
        }

        return type.BaseType == "bit" && value.Length < type.MaxLength
            ? CellFault.WrongType with { Why = ", and exactly that many bits" }
            : CellFault.None;
    }

    /// <summary>As spreadsheets and COPY write it.</summary>
    public static CellFault LooseBoolean(string value, out string? text)
    {
        text = value switch
        {
            "t" => "true",
            "f" => "false",
            _ when value.Equals("true", StringComparison.OrdinalIgnoreCase) => "true",
            _ when value.Equals("false", StringComparison.OrdinalIgnoreCase) => "false",
            _ => null,
        };
        return text is null ? CellFault.WrongType : CellFault.None;
    }

    /// <summary>Begins and ends with one of the given characters; the rest is the database's to judge.</summary>
    public static CellFault Enclosed(string value, string openers, string closers) =>
        value.Length > 1 && openers.Contains(value[0]) && closers.Contains(value[^1]) ? CellFault.None : CellFault.WrongType;

    /// <summary>JSON in a CSV field: the reader can only tell by an exception.</summary>
    public static CellFault Json(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return CellFault.None;
        }
        catch (JsonException)
        {
            return CellFault.WrongType;
        }
    }
}
