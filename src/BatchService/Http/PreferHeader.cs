using System.Buffers;
using System.Text;

namespace BatchService.Http;

/// <summary>One preference of a <c>Prefer</c> line.</summary>
/// <param name="Name">In lower case: names are case-insensitive.</param>
/// <param name="Value">Unquoted; empty when there is none, which RFC 7240 calls the same.</param>
internal readonly record struct PreferItem(string Name, string Value, bool HasParameters);

/// <summary>
/// The grammar of <c>Prefer</c>: <c>token [= word] *( ; token [= word] )</c>, separated by commas, words being tokens or quoted
/// strings.
/// </summary>
internal static class PreferHeader
{
    private const int MaxLength = 4_096;

    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>The items of one line, or null when it is not by the grammar. Empty list elements are allowed.</summary>
    public static IReadOnlyList<PreferItem>? Split(string line)
    {
        var items = new List<PreferItem>();
        var cursor = new Cursor(line);
        while (line.Length <= MaxLength && !cursor.AtEnd)
        {
            if (cursor.Skip(','))
            {
                continue;
            }

            if (cursor.Pair() is not var (name, value))
            {
                return null;
            }

            var parameters = 0;
            while (cursor.Skip(';'))
            {
                if (!cursor.At(';') && !cursor.At(',') && !cursor.AtEnd)
                {
                    parameters++;
                    if (cursor.Pair() is null)
                    {
                        return null;
                    }
                }
            }

            if (!cursor.AtEnd && !cursor.At(','))
            {
                return null;
            }

            items.Add(new PreferItem(name.ToLowerInvariant(), value, parameters > 0));
        }

        return line.Length <= MaxLength ? items : null;
    }

    private ref struct Cursor(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text.Trim(" \t");

        public readonly bool AtEnd => _rest.IsEmpty;

        public readonly bool At(char expected) => !_rest.IsEmpty && _rest[0] == expected;

        public bool Skip(char expected)
        {
            if (!At(expected))
            {
                return false;
            }

            _rest = _rest[1..].TrimStart(" \t");
            return true;
        }

        public (string Name, string Value)? Pair()
        {
            var name = Token();
            if (name.Length == 0 || !Skip('='))
            {
                return name.Length == 0 ? null : (name, "");
            }

            if (At('"'))
            {
                return Quoted() is { } quoted ? (name, quoted) : null;
            }

            var value = Token();
            return value.Length == 0 ? null : (name, value);
        }

        private string Token()
        {
            var length = _rest.IndexOfAnyExcept(s_tokenCharacters);
            var token = (length < 0 ? _rest : _rest[..length]).ToString();
            _rest = _rest[token.Length..].TrimStart(" \t");
            return token;
        }

        private string? Quoted()
        {
            var value = new StringBuilder();
            var rest = _rest[1..];
            while (!rest.IsEmpty && rest[0] != '"')
            {
                rest = rest is ['\\', _, ..] ? rest[1..] : rest;
                value.Append(rest[0]);
                rest = rest[1..];
            }

            if (rest.IsEmpty)
            {
                return null;
            }

            _rest = rest[1..].TrimStart(" \t");
            return value.ToString();
        }
    }
}
