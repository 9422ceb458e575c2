using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace BatchService.Operations;

/// <summary>The grammar of references: <c>$ref:op.path</c>, which ends where its characters do, and <c>${ref:op.path}</c>.</summary>
internal static class ReferenceSyntax
{
    public const string BareMarker = "$ref:";
    public const string DelimitedMarker = "${ref:";

    /// <summary>A path is a few names; without a limit one string could make the cut-back, and the error text, arbitrarily long.</summary>
    public const int MaxPathLength = 512;

    private const int MaxIndexDigits = 9;

    /// <summary>False when no string in <paramref name="value"/> can hold a reference or an escape: one scan over its JSON text.</summary>
    public static bool MayOccurIn(JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String))
        {
            return false;
        }

        var json = JsonMarshal.GetRawUtf8Value(value);
        return json.Contains((byte)'$') || json.IndexOf("\\u0024"u8) >= 0;
    }

    /// <summary>Reads a bare reference, marker included, at the start of <paramref name="text"/>.</summary>
    public static bool TryReadBare(ReadOnlySpan<char> text, [NotNullWhen(true)] out Reference? reference, out int length)
    {
        reference = null;
        length = 0;
        var body = text[BareMarker.Length..];
        var idLength = IdLength(body);
        if (!OperationId.IsValid(body[..idLength]))
        {
            return false;
        }

        var path = body[idLength..];
        var segments = ReadPath(path, delimited: false, out var pathLength);
        if (segments.Count == 0 || pathLength > MaxPathLength)
        {
            return false;
        }

        reference = new Reference(body[..idLength].ToString(), path[..pathLength].ToString(), segments, IsExact: false);
        length = BareMarker.Length + idLength + pathLength;
        return true;
    }

    /// <summary>Reads a delimited reference at the start of <paramref name="text"/>; all up to the brace must belong to it.</summary>
    public static bool TryReadDelimited(ReadOnlySpan<char> text, [NotNullWhen(true)] out Reference? reference, out int length)
    {
        reference = null;
        length = 0;
        var body = text[DelimitedMarker.Length..];
        var end = body.IndexOf('}');
        if (end < 0)
        {
            return false;
        }

        body = body[..end];
        var idLength = IdLength(body);
        var path = body[idLength..];
        if (!OperationId.IsValid(body[..idLength]) || path.Length > MaxPathLength)
        {
            return false;
        }

        var segments = ReadPath(path, delimited: true, out var pathLength);
        if (segments.Count == 0 || pathLength < path.Length)
        {
            return false;
        }

        reference = new Reference(body[..idLength].ToString(), path.ToString(), segments, IsExact: true);
        length = DelimitedMarker.Length + end + 1;
        return true;
    }

    private static int IdLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && OperationId.IsIdCharacter(text[length]))
        {
            length++;
        }

        return length;
    }

    private static List<PathSegment> ReadPath(ReadOnlySpan<char> text, bool delimited, out int length)
    {
        var segments = new List<PathSegment>();
        length = 0;
        while (length < text.Length && length <= MaxPathLength)
        {
            var size = text[length] == '['
                ? IndexSize(text[length..], out var index)
                : KeySize(text[length..], delimited, out index);
            if (size == 0)
            {
                break;
            }

            segments.Add(new PathSegment(length, length + size, index));
            length += size;
        }

        return segments;
    }

    private static int IndexSize(ReadOnlySpan<char> text, out int? index)
    {
        index = null;
        var close = text[..Math.Min(text.Length, MaxIndexDigits + 3)].IndexOf(']');
        if (close < 2
            || text[1] == '+'
            || !int.TryParse(text[1..close], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return 0;
        }

        index = number;
        return close + 1;
    }

    /// <summary>The length of <c>.key</c>, or 0: a dot that no key follows is text.</summary>
    private static int KeySize(ReadOnlySpan<char> text, bool delimited, out int? index)
    {
        index = null;
        if (text[0] != '.')
        {
            return 0;
        }

        var size = 1;
        if (!delimited && size < text.Length && text[size] == '$')
        {
            // ".$ref:" begins the next reference, every other ".$name" is a meta value.
            if (text[size..].StartsWith(BareMarker, StringComparison.Ordinal))
            {
                return 0;
            }

            size++;
        }

        var first = size;
        while (size < text.Length && size <= MaxPathLength && (delimited ? IsDelimitedKey(text[size]) : IsBareKey(text[size])))
        {
            size++;
        }

        return size > first ? size : 0;
    }

    private static bool IsDelimitedKey(char character) => character is not ('.' or '[' or ']' or '{' or '}');

    private static bool IsBareKey(char character) =>
        char.IsLetterOrDigit(character)
        || character == '_'
        || char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
