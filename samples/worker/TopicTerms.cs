namespace NotebookWorker;

/// <summary>Names a topic by the most frequent words of a text: <c>tokens/refresh</c>.</summary>
internal static class TopicTerms
{
    private const int Count = 2;

    public static string Of(string text)
    {
        var words = Words.Of(text).CountBy(word => word, StringComparer.Ordinal)
            .OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal)
            .Take(Count)
            .Select(word => word.Key);
        return string.Join('/', words) is { Length: > 0 and <= 500 } topic ? topic : "unclassified";
    }
}
