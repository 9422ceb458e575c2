namespace BatchService.Frames;

/// <summary>
/// The graph of all frames. Its edges are a function of its nodes and are never kept: they are given in order from any place on, and
/// counted without being looked at one by one.
/// </summary>
internal sealed class AtlasGraph
{
    private readonly AtlasIndex _byBranch;
    private readonly AtlasTimes _times;
    private readonly AtlasScopes _scopes;

    private AtlasGraph(AtlasFrames frames)
    {
        var branches = Enumerable.Range(0, frames.Branches).Select(branch => new[] { branch }).ToArray();
        Frames = frames;
        _byBranch = AtlasIndex.Of(frames.Branches, frames.Count, node => branches[frames.BranchNumber(node)]);
        _times = new AtlasTimes(frames);
        _scopes = new AtlasScopes(frames);
    }

    public AtlasFrames Frames { get; }

    public static AtlasGraph Of(IEnumerable<AtlasNode> nodes) => new(AtlasFrames.Of(nodes));

    /// <summary>All edges behind (<paramref name="from"/>, <paramref name="to"/>), by both numbers.</summary>
    /// <remarks>
    /// Costs a step for each edge, a step for each frame within a week of a node, and for each node the passes over the later nodes' bits
    /// that <see cref="CountEdges"/> makes: the result, and little where there is none.
    /// </remarks>
    public IEnumerable<AtlasEdge> EdgesAfter(int from, int to, CancellationToken cancellationToken)
    {
        var scratch = _scopes.NewLayers();
        var near = new ulong[AtlasBits.WordsFor(Frames.Count)];
        for (var node = from; node < Frames.Count; node++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = node == from ? Math.Max(to, node) : node;
            var first = start >> 6;
            Array.Clear(near, first, near.Length - first);
            _times.AddNear(near, node, start);
            AddRelated(near, node, first, scratch);
            for (var other = Next(near, start); other >= 0; other = Next(near, other))
                yield return EdgeOf(node, other);
        }
    }

    /// <summary>The number of all edges.</summary>
    /// <remarks>
    /// Of n nodes each is compared with all later ones, 64 at a time, so that the number of edges does not matter: n²/128 words, once for
    /// the week, once for the branch, and k · c times for the module scope of k modules, where c = min(k, (k + K) / 11 + 1) and K is the
    /// size of the largest scope; c is 1 where no scope has more than 5 modules. A value that fewer than n/64 nodes have costs its nodes
    /// instead. The worst case is thus n frames that all have many modules which most of them share: n²/128 · K · (2K / 11 + 1).
    /// </remarks>
    public long CountEdges(CancellationToken cancellationToken)
    {
        var scratch = _scopes.NewLayers();
        var near = new ulong[AtlasBits.WordsFor(Frames.Count)];
        var count = 0L;
        foreach (var (node, week) in _times.Windows())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = node >> 6;
            Array.Copy(week, first, near, first, near.Length - first);
            AddRelated(near, node, first, scratch);
            near[first] &= ~1UL << node;
            count += AtlasBits.Count(near.AsSpan(first));
        }
        return count;
    }

    private void AddRelated(ulong[] near, int node, int first, ulong[][] scratch)
    {
        _byBranch.AddTo(near, Frames.BranchNumber(node), first);
        _scopes.AddOverlapping(near, node, first, scratch);
    }

    private static int Next(ulong[] near, int node) => AtlasBits.Next(near, node + 1);

    private AtlasEdge EdgeOf(int from, int to)
    {
        var overlap = AtlasScopes.OverlapOf(Frames.ModulesOf(from), Frames.ModulesOf(to));
        var temporal = AtlasWeight.Temporal(Math.Abs(Frames.Ticks(from) - Frames.Ticks(to)));
        var branch = Frames.BranchNumber(from) == Frames.BranchNumber(to) ? AtlasWeight.Branch : 0;
        var (weight, reason) = AtlasWeight.Of(overlap, temporal, branch);
        return new AtlasEdge(from, to, weight, reason);
    }
}
