using System.Buffers;
using System.Text;

namespace BatchService.Batching;

/// <summary>
/// PostgreSQL's literal of a one-dimensional text array: how lists of different lengths travel through <c>unnest</c>, which takes
/// rectangular arrays only.
/// </summary>
internal static class TextArrayLiteral
{
    private static readonly SearchValues<char> s_escaped = SearchValues.Create("\"\\");

    public static string Of(IReadOnlyList<string> texts)
    {
        if (texts is [var only] && !only.AsSpan().ContainsAny(s_escaped))
            return $"{{\"{only}\"}}";
        var literal = new StringBuilder("{");
        for (var index = 0; index < texts.Count; index++)
        {
            literal.Append(index == 0 ? "\"" : ",\"");
            foreach (var letter in texts[index])
            {
                if (letter is '"' or '\\')
                    literal.Append('\\');
                literal.Append(letter);
            }
            literal.Append('"');
        }
        return literal.Append('}').ToString();
    }
}
