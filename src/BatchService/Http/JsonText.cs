using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>What must hold for the bytes of a JSON text, apart from its grammar.</summary>
internal static class JsonText
{
    private const int EscapeLength = 6;

    /// <summary>Empty, with a byte order mark, or not UTF-8: <c>MALFORMED_JSON</c>.</summary>
    public static Error? Check(ReadOnlySpan<byte> text, long firstLine)
    {
        if (text.IsEmpty)
        {
            return new Error(ErrorCodes.MalformedJson, "The JSON is empty.");
        }

        // Bodies and streams lose theirs when they are read; one in the middle of a stream is an error like any other byte.
        if (text.StartsWith("\uFEFF"u8))
        {
            return new Error(ErrorCodes.MalformedJson, $"The JSON is not acceptable: a byte order mark at line {firstLine}, byte 1.");
        }

        if (Utf8.IsValid(text))
        {
            return null;
        }

        var (line, at) = Position(text, FirstInvalid(text));
        return new Error(ErrorCodes.MalformedJson, $"The JSON is not acceptable: bytes that are not UTF-8 at line {firstLine + line - 1}, byte {at}.");
    }

    /// <summary>The line and the byte in it, both from 1.</summary>
    public static (long Line, long Byte) Position(ReadOnlySpan<byte> text, int offset)
    {
        var before = text[..offset];
        return (before.Count((byte)'\n') + 1, offset - before.LastIndexOf((byte)'\n'));
    }

    /// <summary>What is wrong with the escapes of a string that is correct by the grammar: a lone surrogate or <c>\u0000</c>.</summary>
    public static string? CheckEscapes(ReadOnlySpan<byte> escaped)
    {
        while (escaped.IndexOf((byte)'\\') is >= 0 and var at)
        {
            escaped = escaped[at..];
            if (escaped[1] != 'u')
            {
                escaped = escaped[2..];
                continue;
            }

            var unit = CodeUnit(escaped);
            escaped = escaped[EscapeLength..];
            if (unit == '\0')
            {
                return "\\u0000 in a string";
            }

            if (char.IsHighSurrogate(unit) && escaped is [(byte)'\\', (byte)'u', ..] && char.IsLowSurrogate(CodeUnit(escaped)))
            {
                escaped = escaped[EscapeLength..];
            }
            else if (char.IsSurrogate(unit))
            {
                return "a lone surrogate in a string";
            }
        }

        return null;
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        Utf8Parser.TryParse(escape[2..EscapeLength], out ushort unit, out _, 'x') ? (char)unit : '\0';

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var consumed) == OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }
}
