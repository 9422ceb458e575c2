namespace BatchService.Frames;

/// <summary>Which nodes have module scopes that overlap by more than 0.1, found for all other nodes at once.</summary>
/// <remarks>
/// Two scopes of a and b modules must share c = (a + b) / 11 + 1 modules. Most are small, and one shared module is enough: then the answer
/// is the union of the modules' sets. Otherwise the layers count, up to the largest c that can be asked for, how many modules are shared.
/// </remarks>
internal sealed class AtlasScopes
{
    private readonly AtlasFrames _frames;
    private readonly AtlasIndex _byModule;
    private readonly int _largest;

    /// <summary>The nodes with at most s modules, for each s that occurs, ascending.</summary>
    private readonly List<(int Size, ulong[] Nodes)> _upTo = [];

    public AtlasScopes(AtlasFrames frames)
    {
        _frames = frames;
        _byModule = AtlasIndex.Of(frames.Modules, frames.Count, frames.ModulesOf);
        var sizes = SizesOf(frames);
        _largest = sizes.Count == 0 ? 0 : sizes[^1];
        if (AtlasWeight.SharedFor(_largest, _largest) == 1)
            return;
        foreach (var size in sizes)
        {
            var nodes = _upTo.Count == 0 ? new ulong[AtlasBits.WordsFor(frames.Count)] : [.. _upTo[^1].Nodes];
            _upTo.Add((size, nodes));
            for (var node = 0; node < frames.Count; node++)
            {
                if (frames.ModulesOf(node).Length == size)
                    AtlasBits.Add(nodes, node);
            }
        }
    }

    /// <summary>What <see cref="AddOverlapping"/> counts in; for one user at a time.</summary>
    public ulong[][] NewLayers()
    {
        var depth = _upTo.Count == 0 ? 0 : AtlasWeight.SharedFor(_largest, _largest);
        return [.. Enumerable.Range(0, depth).Select(_ => new ulong[AtlasBits.WordsFor(_frames.Count)])];
    }

    /// <summary>Adds to the set, from the word <paramref name="first"/> on, the nodes whose scope overlaps by more than 0.1.</summary>
    public void AddOverlapping(ulong[] set, int node, int first, ulong[][] layers)
    {
        var modules = _frames.ModulesOf(node);
        var depth = Math.Min(modules.Length, AtlasWeight.SharedFor(modules.Length, _largest));
        if (depth <= 1 && AtlasWeight.LargestFor(1, modules.Length) >= _largest)
        {
            foreach (var module in modules)
                _byModule.AddTo(set, module, first);
            return;
        }
        for (var layer = 0; layer < depth; layer++)
            Array.Clear(layers[layer], first, set.Length - first);
        foreach (var module in modules)
            _byModule.CountIn(layers, depth, module, first);
        for (var layer = 0; layer < depth; layer++)
        {
            if (UpTo(AtlasWeight.LargestFor(layer + 1, modules.Length)) is { } small)
                AtlasBits.AddCommon(set.AsSpan(first), layers[layer].AsSpan(first), small.AsSpan(first));
        }
    }

    /// <summary>Jaccard of two sets, given as ascending numbers.</summary>
    public static double OverlapOf(int[] first, int[] second)
    {
        if (ReferenceEquals(first, second))
            return first.Length == 0 ? 0 : 1;
        var shared = 0;
        for (int i = 0, j = 0; i < first.Length && j < second.Length;)
        {
            shared += first[i] == second[j] ? 1 : 0;
            var (low, high) = (first[i], second[j]);
            i += low <= high ? 1 : 0;
            j += high <= low ? 1 : 0;
        }
        return AtlasWeight.Overlap(shared, first.Length, second.Length);
    }

    private ulong[]? UpTo(int size) => _upTo.FindLast(entry => entry.Size <= size).Nodes;

    private static List<int> SizesOf(AtlasFrames frames) =>
        [.. Enumerable.Range(0, frames.Count).Select(node => frames.ModulesOf(node).Length).Distinct().Order()];
}
