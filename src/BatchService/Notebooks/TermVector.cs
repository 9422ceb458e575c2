namespace BatchService.Notebooks;

/// <summary>
/// What a text is about: its words with their weights, words in ordinal order. A word is a run of letters and digits, in lower case, of at
/// least three characters; one that occurs n times weighs 1 + ln n, so that the words that every text is full of do not drown the others.
/// </summary>
/// <param name="Weights">Of the terms, in their order.</param>
internal sealed record TermVector(IReadOnlyList<string> Terms, IReadOnlyList<double> Weights)
{
    public static readonly TermVector Empty = new([], []);

    /// <summary>UTF-16 units of a content that are looked at.</summary>
    public const int MaxCharacters = 20_000;

    /// <summary>Of one text.</summary>
    public const int MaxTerms = 256;

    private const int MinLength = 3;
    private const int MaxLength = 40;

    /// <summary>The vector of a text, of length 1: the most frequent words, of equally frequent ones the first by ordinal order.</summary>
    public static TermVector Of(string text)
    {
        var terms = Count(text.AsSpan(0, Math.Min(text.Length, MaxCharacters)))
            .OrderByDescending(term => term.Value).ThenBy(term => term.Key, StringComparer.Ordinal)
            .Take(MaxTerms)
            .OrderBy(term => term.Key, StringComparer.Ordinal)
            .ToArray();
        var weights = Array.ConvertAll(terms, term => 1 + Math.Log(term.Value));
        var length = LengthOf(weights);
        return new TermVector([.. terms.Select(term => term.Key)], [.. weights.Select(weight => weight / length)]);
    }

    /// <summary>From 0, nothing in common, to 1; 0 when one is empty.</summary>
    public static double Cosine(TermVector left, TermVector right)
    {
        var product = 0.0;
        foreach (var (_, ours, theirs) in Merge(left, right))
            product += ours * theirs;
        return product == 0 ? 0 : Math.Clamp(product / (LengthOf(left.Weights) * LengthOf(right.Weights)), 0, 1);
    }

    /// <summary>The sum of both, cut to the heaviest terms.</summary>
    public static TermVector Sum(TermVector left, TermVector right, int maxTerms)
    {
        var terms = Merge(left, right).Select(term => (term.Term, Weight: term.Left + term.Right)).ToList();
        if (terms.Count > maxTerms)
        {
            terms = [.. terms.OrderByDescending(term => term.Weight).ThenBy(term => term.Term, StringComparer.Ordinal)
                .Take(maxTerms)
                .OrderBy(term => term.Term, StringComparer.Ordinal)];
        }
        return new TermVector([.. terms.Select(term => term.Term)], [.. terms.Select(term => term.Weight)]);
    }

    private static Dictionary<string, int> Count(ReadOnlySpan<char> text)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end - start >= MinLength)
            {
                var word = text[start..Math.Min(end, start + MaxLength)].ToString().ToLowerInvariant();
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
            start = end + 1;
        }
        return counts;
    }

    private static double LengthOf(IReadOnlyList<double> weights) => Math.Sqrt(weights.Sum(weight => weight * weight));

    /// <summary>The terms of both, in order; 0 for what one of them does not have.</summary>
    private static IEnumerable<(string Term, double Left, double Right)> Merge(TermVector left, TermVector right)
    {
        var (l, r) = (0, 0);
        while (l < left.Terms.Count || r < right.Terms.Count)
        {
            var order = l == left.Terms.Count ? 1 : r == right.Terms.Count ? -1 : string.CompareOrdinal(left.Terms[l], right.Terms[r]);
            var term = order <= 0 ? left.Terms[l] : right.Terms[r];
            var ours = order <= 0 ? left.Weights[l++] : 0;
            var theirs = order >= 0 ? right.Weights[r++] : 0;
            yield return (term, ours, theirs);
        }
    }
}
