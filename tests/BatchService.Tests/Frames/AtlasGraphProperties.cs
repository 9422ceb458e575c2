using BatchService.Frames;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Frames;

/// <summary>Compares the graph with the contract's own words, said about every pair of frames.</summary>
public sealed class AtlasGraphProperties
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(200);

    [Fact]
    public void The_edges_are_those_of_all_pairs() =>
        Prop.ForAll(Nodes.ToArbitrary(), nodes => Edges(Build(nodes)).SequenceEqual(Naive(nodes))).Check(s_config);

    [Fact]
    public void The_count_is_the_number_of_edges() =>
        Prop.ForAll(Nodes.ToArbitrary(), nodes => Build(nodes).CountEdges(CancellationToken.None) == Naive(nodes).Count).Check(s_config);

    [Fact]
    public void The_edges_behind_any_edge_are_the_rest() =>
        Prop.ForAll(Nodes.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (nodes, number) =>
        {
            var all = Naive(nodes);
            var at = all.Count == 0 ? 0 : number % all.Count;
            var (from, to) = all.Count == 0 ? (0, 0) : (all[at].From, all[at].To);

            return Build(nodes).EdgesAfter(from, to, CancellationToken.None).SequenceEqual(all.Skip(at + 1));
        }).Check(s_config);

    [Fact]
    public void The_order_in_which_frames_come_changes_nothing() =>
        Prop.ForAll(Nodes.ToArbitrary(), nodes => Edges(Build(nodes)).SequenceEqual(Edges(Build([.. nodes.Reverse()])))).Check(s_config);

    [Fact]
    public void What_is_stored_of_a_graph_gives_the_same_graph() =>
        Prop.ForAll(Nodes.ToArbitrary(), nodes =>
        {
            var graph = Build(nodes);
            var again = AtlasGraph.Of(AtlasParts.Encode(graph.Frames, 500).SelectMany(part => AtlasParts.Decode(part)));

            return Enumerable.Range(0, graph.Frames.Count).All(node => Text(graph.Frames[node]) == Text(again.Frames[node]))
                && Edges(graph).SequenceEqual(Edges(again));
        }).Check(s_config);

    /// <summary>Few branches and moments, so that all meet; up to 200 nodes, so that values are kept in both ways.</summary>
    private static Gen<AtlasNode[]> Nodes =>
        from count in Gen.Frequency((3, Gen.Choose(0, 12)), (1, Gen.Choose(60, 200)))
        from branches in Gen.Choose(1, 8)
        from modules in Gen.Elements(3, 12, 40, 100)
        from largest in Gen.Elements(0, 3, 6, 24)
        from nodes in Gen.ArrayOf(Node(branches, modules, largest), count)
        select nodes.Select((node, index) => node with { Id = $"{(char)('a' + (index * 7 % 26))}{index}" }).ToArray();

    private static Gen<AtlasNode> Node(int branches, int modules, int largest) =>
        from ticks in Moment
        from branch in Gen.Choose(1, branches)
        from size in Gen.Choose(0, largest)
        from scope in Gen.ArrayOf(Gen.Choose(1, modules), size)
        select new AtlasNode("", ticks, $"branch {branch}", [.. scope.Select(module => $"module {module}")]);

    /// <summary>Sums of the limits and of the smallest steps beside them.</summary>
    private static Gen<long> Moment =>
        from hours in Gen.Choose(0, 2)
        from days in Gen.Choose(0, 2)
        from weeks in Gen.Frequency((2, Gen.Choose(0, 2)), (1, Gen.Choose(0, 100)))
        from ticks in Gen.Choose(-1, 1)
        select 1_000_000_000_000_000
            + (hours * TimeSpan.TicksPerHour) + (days * TimeSpan.TicksPerDay) + (weeks * 7 * TimeSpan.TicksPerDay) + ticks;

    private static AtlasGraph Build(AtlasNode[] nodes) => AtlasGraph.Of(nodes);

    private static List<AtlasEdge> Edges(AtlasGraph graph) => [.. graph.EdgesAfter(0, 0, CancellationToken.None)];

    private static string Text(AtlasNode node) => $"{node.Id}|{node.Ticks}|{node.Branch}|{string.Join('|', node.ModuleScope)}";

    private static List<AtlasEdge> Naive(AtlasNode[] nodes)
    {
        var sorted = nodes.OrderBy(node => node.Id, StringComparer.Ordinal).ToArray();
        var edges = new List<AtlasEdge>();
        for (var i = 0; i < sorted.Length; i++)
        {
            for (var j = i + 1; j < sorted.Length; j++)
            {
                var (overlap, temporal, branch) = Relation(sorted[i], sorted[j]);
                var weight = Math.Max(overlap, temporal + branch);
                var isOverlap = overlap >= temporal && overlap >= branch;
                var reason = isOverlap ? "module_overlap" : temporal >= branch ? "temporal_proximity" : "branch_relation";
                if (weight > 0.1)
                    edges.Add(new AtlasEdge(i, j, weight, reason));
            }
        }
        return edges;
    }

    private static (double Overlap, double Temporal, double Branch) Relation(AtlasNode one, AtlasNode other)
    {
        var union = one.ModuleScope.Union(other.ModuleScope).Count();
        var overlap = union == 0 ? 0 : (double)one.ModuleScope.Intersect(other.ModuleScope).Count() / union;
        var apart = TimeSpan.FromTicks(Math.Abs(one.Ticks - other.Ticks));
        var temporal = apart == TimeSpan.Zero ? 0
            : apart < TimeSpan.FromHours(1) ? 0.8
            : apart < TimeSpan.FromDays(1) ? 0.5
            : apart < TimeSpan.FromDays(7) ? 0.2
            : 0;
        return (overlap, temporal, one.Branch == other.Branch ? 0.2 : 0);
    }
}
