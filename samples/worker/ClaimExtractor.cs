namespace NotebookWorker;

/// <summary>A sentence that is taken for a claim.</summary>
/// <param name="Confidence">From 0 to 1: its score relative to the best sentence.</param>
internal sealed record ExtractedClaim(string Text, double Confidence);

/// <summary>Takes those sentences for claims whose words are the most frequent of the text; in the order of the text.</summary>
internal static class ClaimExtractor
{
    private const int MaxLength = 1_000;

    public static IReadOnlyList<ExtractedClaim> Extract(string text, int maxClaims)
    {
        var sentences = Split(text).Distinct(StringComparer.Ordinal).Select(sentence => (Text: sentence, Words: Words.Of(sentence).ToArray())).ToList();
        var frequency = sentences.SelectMany(sentence => sentence.Words).CountBy(word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var scored = sentences
            .Select((sentence, index) => (sentence.Text, Index: index, Score: ScoreOf(sentence.Words, frequency)))
            .OrderByDescending(sentence => sentence.Score).ThenBy(sentence => sentence.Index)
            .Take(maxClaims)
            .ToList();
        // A text without a single sentence claims itself: the service wants at least one claim.
        if (scored.Count == 0)
            return [new ExtractedClaim(text.Trim() is { Length: > 0 } all ? Cut(all) : "(no text)", 0)];
        var best = scored[0].Score;
        return [.. scored.OrderBy(sentence => sentence.Index)
            .Select(sentence => new ExtractedClaim(sentence.Text, best > 0 ? Math.Round(sentence.Score / best, 3) : 0))];
    }

    /// <summary>The frequencies of its words, over the root of their number: the sum would favour long sentences, the mean short ones.</summary>
    private static double ScoreOf(string[] words, Dictionary<string, int> frequency) =>
        words.Length == 0 ? 0 : words.Sum(word => frequency[word]) / Math.Sqrt(words.Length);

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var index = 0; index <= text.Length; index++)
        {
            var isEnd = index == text.Length || text[index] == '\n'
                || (text[index] is '.' or '!' or '?' && (index + 1 == text.Length || char.IsWhiteSpace(text[index + 1])));
            if (!isEnd)
                continue;
            var sentence = text[start..Math.Min(index + 1, text.Length)].Trim();
            if (sentence.Any(char.IsLetterOrDigit))
                yield return Cut(sentence);
            start = Math.Min(index + 1, text.Length);
        }
    }

    /// <summary>Not between the two halves of a character.</summary>
    private static string Cut(string text)
    {
        if (text.Length <= MaxLength)
            return text;
        return text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }
}
