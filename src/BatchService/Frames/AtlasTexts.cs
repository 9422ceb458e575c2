namespace BatchService.Frames;

/// <summary>Gives the same object for the same text or list: what many frames share is in memory once while they are read.</summary>
internal sealed class AtlasTexts
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _lists = new(StringComparer.Ordinal);

    /// <summary>No text of the database has a NUL; the number tells an empty list from one of an empty text.</summary>
    public static string KeyOf(IReadOnlyList<string> list) => $"{list.Count}\0{string.Join('\0', list)}";

    public string Once(string text)
    {
        if (_texts.TryGetValue(text, out var known))
            return known;
        _texts.Add(text, text);
        return text;
    }

    public string[] Once(string[] list)
    {
        var key = KeyOf(list);
        if (_lists.TryGetValue(key, out var known))
            return known;
        list = Array.ConvertAll(list, Once);
        _lists.Add(key, list);
        return list;
    }
}
