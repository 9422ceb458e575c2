namespace BatchService.Frames;

/// <summary>
/// Which nodes have a value (a branch, a module): as a list where they are few, as bits where they are many. So no value costs more to
/// add to a set than one word for every 64 nodes, and the whole index takes at most 8 bytes for each value that a node has.
/// </summary>
internal sealed class AtlasIndex
{
    private readonly int[][] _lists;
    private readonly ulong[]?[] _sets;

    private AtlasIndex(int[][] lists, ulong[]?[] sets)
    {
        _lists = lists;
        _sets = sets;
    }

    /// <summary>Builds it from the values of each node, which are numbers below <paramref name="values"/>.</summary>
    public static AtlasIndex Of(int values, int nodes, Func<int, int[]> valuesOf)
    {
        var counts = new int[values];
        for (var node = 0; node < nodes; node++)
        {
            foreach (var value in valuesOf(node))
                counts[value]++;
        }
        var words = AtlasBits.WordsFor(nodes);
        var sets = Array.ConvertAll(counts, count => count > words ? new ulong[words] : null);
        var lists = Array.ConvertAll(counts, count => count > words ? [] : new int[count]);
        Array.Clear(counts);
        for (var node = 0; node < nodes; node++)
        {
            foreach (var value in valuesOf(node))
            {
                if (sets[value] is { } set)
                    AtlasBits.Add(set, node);
                else
                    lists[value][counts[value]++] = node;
            }
        }
        return new AtlasIndex(lists, sets);
    }

    /// <summary>Adds the nodes with the value to the set, from the word <paramref name="first"/> on.</summary>
    public void AddTo(ulong[] set, int value, int first)
    {
        if (_sets[value] is { } members)
        {
            AtlasBits.AddAll(set.AsSpan(first), members.AsSpan(first));
            return;
        }
        foreach (var node in From(value, first))
            AtlasBits.Add(set, node);
    }

    /// <summary>
    /// Counts up: <c>layers[c]</c> holds the nodes that were counted more than c times; the last layer, those counted that often or more.
    /// </summary>
    public void CountIn(ulong[][] layers, int depth, int value, int first)
    {
        if (_sets[value] is { } members)
        {
            for (var layer = depth - 1; layer > 0; layer--)
                AtlasBits.AddCommon(layers[layer].AsSpan(first), layers[layer - 1].AsSpan(first), members.AsSpan(first));
            AtlasBits.AddAll(layers[0].AsSpan(first), members.AsSpan(first));
            return;
        }
        foreach (var node in From(value, first))
        {
            var layer = 0;
            while (layer < depth - 1 && AtlasBits.Has(layers[layer], node))
                layer++;
            AtlasBits.Add(layers[layer], node);
        }
    }

    private ReadOnlySpan<int> From(int value, int first)
    {
        var list = _lists[value];
        var start = Array.BinarySearch(list, first << 6);
        return list.AsSpan(start < 0 ? ~start : start);
    }
}
