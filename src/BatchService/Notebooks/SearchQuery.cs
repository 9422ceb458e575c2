namespace BatchService.Notebooks;

/// <summary>Turns what somebody types into a tsquery: every word must occur, or begin a word that does.</summary>
internal static class SearchQuery
{
    public const int MaxLength = 1_000;
    private const int MaxWords = 32;

    /// <summary>
    /// The text of a tsquery. Each word is quoted, so that nothing in it is an operator; PostgreSQL's own parser takes it apart as it does
    /// the content (<c>refresh-token</c>, <c>example.com</c>), and drops what is no word. Slashes part words, there as here.
    /// </summary>
    public static string ToTsQuery(string text) => string.Join(
        " & ",
        text.Replace('/', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Take(MaxWords)
            .Select(word => $"'{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}':*"));
}
