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

    /// <summary>
    /// All edges behind (<paramref name="from"/>, <paramref name="to"/>), by both numbers. Costs one step for each edge and for each
    /// frame within a week, and for each node a pass over one bit a node for its branch and its modules.
    /// </summary>
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

    /// <summary>
    /// The number of all edges. Costs n²/128 words for each of: the window of a week, the branch, and the module scope (as many times as a
    /// scope has modules, for scopes of up to five), whatever the number of edges is.
    /// </summary>
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
