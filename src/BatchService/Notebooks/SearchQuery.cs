namespace BatchService.Notebooks;

/// <summary>Turns what somebody types into a tsquery: every word must occur, or begin a word that does.</summary>
internal static class SearchQuery
{
    public const int MaxLength = 1_000;
    public const int MaxWords = 32;

    /// <summary>How many words a text asks for.</summary>
    public static int CountWords(string text) => Split(text).Length;

    /// <summary>
    /// The text of a tsquery. Each word is quoted, so that nothing in it is an operator; PostgreSQL's own parser takes it apart as it does
    /// the content (<c>refresh-token</c>, <c>example.com</c>), and drops what is no word. Slashes part words, there as here.
    /// </summary>
    public static string ToTsQuery(string text) => string.Join(
        " & ",
        Split(text).Select(word => $"'{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}':*"));

    private static string[] Split(string text) => text.Replace('/', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
