using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// The one strict pass over a body before anything is built from it: syntax, depth, UTF-8, surrogates, <c>\u0000</c>, the size of
/// numbers, duplicate keys, trailing bytes. What passes can be read by System.Text.Json and stored as jsonb without surprises.
/// </summary>
internal static class JsonScanner
{
    public const int MaxDepth = 64;

    private const int MaxPointerLength = 512;

    /// <summary>
    /// Null when the text is one acceptable JSON value, else <c>MALFORMED_JSON</c> with line, byte and, where known, a pointer.
    /// </summary>
    /// <param name="root">The pointer of the scanned text itself, where it is a part of a larger request.</param>
    /// <param name="firstLine">The number of its first line there.</param>
    public static Error? Scan(ReadOnlySpan<byte> json, string root = "", long firstLine = 1)
    {
        if (JsonText.Check(json, firstLine) is { } textError)
        {
            return textError;
        }

        var names = JsonNames.Rent();
        var scan = new Scanning(json, names, stackalloc Level[MaxDepth + 1]);
        try
        {
            return scan.Run() is { } fault ? Malformed(fault, scan.Position(), firstLine, scan.Pointer(root)) : null;
        }
        catch (JsonException exception)
        {
            // The reader's own text quotes what it met, so only its position is passed on.
            var position = ((exception.LineNumber ?? 0) + 1, (exception.BytePositionInLine ?? 0) + 1);
            return Malformed("syntax error", position, firstLine, scan.Pointer(root));
        }
        finally
        {
            JsonNames.Return(names);
        }
    }

    private static Error Malformed(string fault, (long Line, long Byte) position, long firstLine, string? pointer) =>
        new(ErrorCodes.MalformedJson, $"The JSON is not acceptable: {fault} at line {firstLine + position.Line - 1}, byte {position.Byte}.", pointer);

    /// <summary>An open object or array.</summary>
    /// <param name="Names">Where the object's names begin on the stack; -1 for an array.</param>
    /// <param name="Current">The object's current name on the stack, or the array's current index.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Level(int Names, int Current);

    private ref struct Scanning(ReadOnlySpan<byte> json, JsonNames names, Span<Level> levels)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private readonly Span<Level> _levels = levels;

        // One level more than allowed, so that too deep is told from wrong syntax.
        private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        private int _depth;

        public string? Run()
        {
            while (_reader.Read())
            {
                if (Step() is { } fault)
                {
                    return fault;
                }
            }

            return null;
        }

        public readonly (long Line, long Byte) Position() => JsonText.Position(_json, (int)_reader.TokenStartIndex);

        /// <summary>Where the scan stands; null at the root, or when the names on the way are too long to repeat.</summary>
        public readonly string? Pointer(string root)
        {
            var pointer = root;
            foreach (var level in _levels[..Math.Min(_depth, _levels.Length)])
            {
                if (level.Current < 0)
                {
                    break;
                }

                pointer = level.Names < 0
                    ? JsonPointer.Append(pointer, level.Current)
                    : JsonPointer.Append(pointer, Encoding.UTF8.GetString(names.Name(_json, level.Current)));
                if (pointer.Length > MaxPointerLength)
                {
                    return null;
                }
            }

            return pointer.Length == 0 ? null : pointer;
        }

        private string? Step()
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    return Name();
                case JsonTokenType.EndObject:
                    return names.End(_json, _levels[--_depth].Names) ? null : "an object has a key twice; the object ends";
                case JsonTokenType.EndArray:
                    _depth--;
                    return null;
                default:
                    NextIndex();
                    return Value();
            }
        }

        private string? Name()
        {
            var fault = _reader.ValueIsEscaped ? JsonText.CheckEscapes(_reader.ValueSpan) : null;
            if (fault is not null)
            {
                return fault;
            }

            ref var level = ref _levels[_depth - 1];
            level = level with { Current = names.Count };
            return names.Add(_json, ref _reader, level.Names) ? null : "an object has a key twice";
        }

        private string? Value()
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when _depth == MaxDepth:
                    return $"nested deeper than {MaxDepth} levels";
                case JsonTokenType.StartObject:
                    _levels[_depth++] = new Level(names.Count, -1);
                    return null;
                case JsonTokenType.StartArray:
                    _levels[_depth++] = new Level(-1, -1);
                    return null;
                case JsonTokenType.String when _reader.ValueIsEscaped:
                    return JsonText.CheckEscapes(_reader.ValueSpan);
                case JsonTokenType.Number when !JsonNumber.IsAcceptable(_reader.ValueSpan):
                    return $"a number of more than {JsonNumber.MaxDigits} digits or an exponent beyond ±{JsonNumber.MaxExponent}";
                default:
                    return null;
            }
        }

        private readonly void NextIndex()
        {
            if (_depth > 0 && _levels[_depth - 1] is { Names: < 0 } level)
            {
                _levels[_depth - 1] = level with { Current = level.Current + 1 };
            }
        }
    }
}
