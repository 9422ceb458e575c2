using System.Text;

namespace BatchService.Frames;

/// <summary>
/// The words by which texts are found: runs of letters and digits in lower case. Texts and queries are cut into words by the same rule,
/// here and not in PostgreSQL, so that a query can never be wrong in syntax and always meets what was stored.
/// </summary>
internal static class SearchWords
{
    /// <summary>UTF-16 units of a word that count.</summary>
    public const int MaxLength = 64;

    /// <summary>Different words of one frame; those that come first count. Keeps a search vector below PostgreSQL's limit of 1 MiB.</summary>
    public const int MaxWords = 4_000;

    /// <summary>The different words of some texts, in order.</summary>
    public static IReadOnlyCollection<string> Of(IEnumerable<string> texts)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var words = new List<string>();
        foreach (var word in texts.SelectMany(Split))
        {
            if (words.Count == MaxWords)
                break;
            if (seen.Add(word))
                words.Add(word);
        }
        return words;
    }

    /// <summary>A tsquery that asks for all words of the text, each as the beginning of a word; null when it has none.</summary>
    public static string? ToPrefixQuery(string text)
    {
        var words = Of([text]);
        return words.Count == 0 ? null : string.Join(" & ", words.Select(word => $"'{word}':*"));
    }

    private static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark)
            {
                // A word that is cut is cut between characters.
                if (word.Length + rune.Utf16SequenceLength <= MaxLength)
                    word.Append(Rune.ToLowerInvariant(rune).ToString());
                continue;
            }
            if (word.Length > 0)
                yield return word.ToString();
            word.Clear();
        }
        if (word.Length > 0)
            yield return word.ToString();
    }
}
