using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchService.Frames;

/// <summary>Sets of node numbers as bits, 64 to a word; whole sets are combined some words at a time.</summary>
internal static class AtlasBits
{
    public static int WordsFor(int nodes) => (nodes + 63) / 64;

    public static void Add(Span<ulong> set, int node) => set[node >> 6] |= 1UL << node;

    public static void Remove(Span<ulong> set, int node) => set[node >> 6] &= ~(1UL << node);

    public static bool Has(ReadOnlySpan<ulong> set, int node) => (set[node >> 6] & (1UL << node)) != 0;

    /// <summary>Adds the members of another set of the same length.</summary>
    public static void AddAll(Span<ulong> set, ReadOnlySpan<ulong> other)
    {
        var wide = MemoryMarshal.Cast<ulong, Vector<ulong>>(set);
        var wideOther = MemoryMarshal.Cast<ulong, Vector<ulong>>(other)[..wide.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] |= wideOther[i];
        for (var i = wide.Length * Vector<ulong>.Count; i < set.Length; i++)
            set[i] |= other[i];
    }

    /// <summary>Adds what two other sets of the same length have in common.</summary>
    public static void AddCommon(Span<ulong> set, ReadOnlySpan<ulong> one, ReadOnlySpan<ulong> other)
    {
        var wide = MemoryMarshal.Cast<ulong, Vector<ulong>>(set);
        var wideOne = MemoryMarshal.Cast<ulong, Vector<ulong>>(one)[..wide.Length];
        var wideOther = MemoryMarshal.Cast<ulong, Vector<ulong>>(other)[..wide.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] |= wideOne[i] & wideOther[i];
        for (var i = wide.Length * Vector<ulong>.Count; i < set.Length; i++)
            set[i] |= one[i] & other[i];
    }

    public static long Count(ReadOnlySpan<ulong> set)
    {
        var count = 0L;
        foreach (var word in set)
            count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>The first member from <paramref name="node"/> on; -1 when there is none.</summary>
    public static int Next(ReadOnlySpan<ulong> set, int node)
    {
        for (var word = node >> 6; word < set.Length; word++)
        {
            var rest = word == node >> 6 ? set[word] & (~0UL << node) : set[word];
            if (rest != 0)
                return (word << 6) + BitOperations.TrailingZeroCount(rest);
        }
        return -1;
    }
}
