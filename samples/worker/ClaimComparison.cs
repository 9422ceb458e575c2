namespace NotebookWorker;

/// <summary>How the claims of an entry (b) relate to those of another (a), by the words that they share.</summary>
/// <param name="Entropy">From 0, all of b is said by a, to 1, nothing of it is.</param>
/// <param name="Friction">The part of b's claims that contradict one of a's, from 0 to 1.</param>
internal sealed record ClaimComparison(double Entropy, double Friction, IReadOnlyList<(string A, string B)> Contradictions)
{
    /// <summary>Two claims that share this much of their words speak of the same thing.</summary>
    private const double SameMatter = 0.5;

    public static ClaimComparison Of(IReadOnlyList<string> theirs, IReadOnlyList<string> ours)
    {
        var contradictions = new List<(string, string)>();
        var overlap = 0.0;
        foreach (var claim in ours)
        {
            var (nearest, common) = theirs.Select(other => (Text: other, Common: Overlap(other, claim))).DefaultIfEmpty(("", 0)).MaxBy(pair => pair.Item2);
            overlap += common;
            if (common >= SameMatter && Words.IsNegated(nearest) != Words.IsNegated(claim))
                contradictions.Add((nearest, claim));
        }
        var count = Math.Max(1, ours.Count);
        return new ClaimComparison(Math.Round(1 - (overlap / count), 3), Math.Round((double)contradictions.Count / count, 3), contradictions);
    }

    /// <summary>Words in common, of all words of both.</summary>
    private static double Overlap(string left, string right)
    {
        var (ours, theirs) = (Words.Of(left).ToHashSet(StringComparer.Ordinal), Words.Of(right).ToHashSet(StringComparer.Ordinal));
        var all = ours.Union(theirs, StringComparer.Ordinal).Count();
        return all == 0 ? 0 : (double)ours.Intersect(theirs, StringComparer.Ordinal).Count() / all;
    }
}
