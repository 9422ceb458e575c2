namespace NotebookWorker;

/// <summary>The words of a text: runs of letters and digits, in lower case, without the shortest and the emptiest ones.</summary>
internal static class Words
{
    private const int MinLength = 3;

    private static readonly HashSet<string> Empty = new(
        """
        the and for are was were has have had with that this these those from into onto not but its his her their our your they them you all
        any can will would should could may might must been being than then there here where when what which who whom how why also each
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    private static readonly HashSet<string> Negations = new(["not", "no", "never", "none", "nothing", "cannot", "without"], StringComparer.Ordinal);

    public static IEnumerable<string> Of(string text) => All(text).Where(word => word.Length >= MinLength && !Empty.Contains(word));

    /// <summary>The text denies something.</summary>
    public static bool IsNegated(string text) =>
        All(text).Any(Negations.Contains) || text.Contains("n't", StringComparison.OrdinalIgnoreCase) || text.Contains("n’t", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> All(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end > start)
                yield return text[start..end].ToLowerInvariant();
            start = end + 1;
        }
    }
}
