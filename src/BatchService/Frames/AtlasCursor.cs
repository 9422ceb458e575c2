using System.Globalization;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>
/// A place in the sequence of an atlas: its nodes, then its edges. Before the edges, <paramref name="Node"/> is the next node; among them
/// it is null, and what comes next is behind (<paramref name="From"/>, <paramref name="To"/>).
/// </summary>
internal sealed record AtlasCursor(long Version, int? Node, int From, int To)
{
    /// <summary>How many keys the text of one has.</summary>
    public const int Keys = 4;

    public static AtlasCursor AtStart(long version) => new(version, 0, 0, 0);

    /// <summary>The cursor that these keys stand for; null when they are none.</summary>
    public static AtlasCursor? Of(IReadOnlyList<string> keys)
    {
        if (!long.TryParse(keys[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || !TryNumber(keys[2], out var from)
            || !TryNumber(keys[3], out var to))
        {
            return null;
        }
        if (keys[1].Length == 0)
            return new AtlasCursor(version, null, from, to);
        return TryNumber(keys[1], out var node) ? new AtlasCursor(version, node, from, to) : null;
    }

    /// <summary>True when there can be such a place in an atlas of so many nodes.</summary>
    public bool IsWithin(int nodes) => (Node ?? 0) <= nodes && From <= nodes && To <= nodes;

    public override string ToString() => PageCursor.Write(Text(Version), Node is { } node ? Text(node) : "", Text(From), Text(To));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
