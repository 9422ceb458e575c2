using BatchService.Frames;

namespace BatchService.Tests.Frames;

public sealed class AtlasWeightTests
{
    private const long Minute = TimeSpan.TicksPerMinute;
    private const long Hour = TimeSpan.TicksPerHour;
    private const long Day = TimeSpan.TicksPerDay;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.8)]
    [InlineData(Hour - 1, 0.8)]
    [InlineData(Hour, 0.5)]
    [InlineData(Day - 1, 0.5)]
    [InlineData(Day, 0.2)]
    [InlineData((7 * Day) - 1, 0.2)]
    [InlineData(7 * Day, 0)]
    [InlineData(700 * Day, 0)]
    public void The_temporal_weight_falls_at_an_hour_a_day_and_a_week_and_is_none_at_the_same_time(long apart, double weight) =>
        Assert.Equal(weight, AtlasWeight.Temporal(apart));

    [Theory]
    // The same branch alone.
    [InlineData("main", "main", 0, "", "", 0.2, "branch_relation")]
    [InlineData("main", "main", 8 * Day, "a", "b", 0.2, "branch_relation")]
    // Time alone, and on the same branch; equal weights of time and branch are time's.
    [InlineData("main", "side", Minute, "", "", 0.8, "temporal_proximity")]
    [InlineData("main", "side", 2 * Hour, "", "", 0.5, "temporal_proximity")]
    [InlineData("main", "side", 2 * Day, "", "", 0.2, "temporal_proximity")]
    [InlineData("main", "main", Minute, "", "", 1.0, "temporal_proximity")]
    [InlineData("main", "main", 2 * Hour, "a", "b", 0.7, "temporal_proximity")]
    [InlineData("main", "main", 2 * Day, "", "", 0.4, "temporal_proximity")]
    // Modules: 1/1, 1/2, 1/5, 1/9.
    [InlineData("main", "side", 0, "a", "a", 1.0, "module_overlap")]
    [InlineData("main", "side", 30 * Day, "a", "a b", 0.5, "module_overlap")]
    [InlineData("main", "main", 30 * Day, "a", "a b c d e", 0.2, "module_overlap")]
    [InlineData("main", "side", 30 * Day, "a b c d e", "a f g h i", 1 / 9.0, "module_overlap")]
    // As a set, whatever the order and however often.
    [InlineData("main", "side", 30 * Day, "a b a", "b a", 1.0, "module_overlap")]
    // The reason compares overlap with either of the others, the weight with both together.
    [InlineData("main", "main", 2 * Hour, "a", "a b", 0.7, "module_overlap")]
    [InlineData("main", "main", 2 * Day, "a", "a b c d e", 0.4, "module_overlap")]
    [InlineData("main", "main", 2 * Hour, "a b c", "b c d e f", 0.7, "temporal_proximity")]
    [InlineData("main", "main", 0, "a b c d e", "a f g h i", 0.2, "branch_relation")]
    public void The_edge_of_two_frames(string branch1, string branch2, long apart, string scope1, string scope2, double weight, string reason)
    {
        var graph = Graph(("a", branch1, 0, scope1), ("b", branch2, apart, scope2));

        Assert.Equal([new AtlasEdge(0, 1, weight, reason)], graph.EdgesAfter(0, 0, CancellationToken.None));
        Assert.Equal(1, graph.CountEdges(CancellationToken.None));
    }

    [Theory]
    [InlineData(0, "", "")]
    [InlineData(7 * Day, "a", "b")]
    // 1/10 is not more than 0.1.
    [InlineData(30 * Day, "a b c d e", "a f g h i j")]
    public void Frames_have_no_edge_when_nothing_weighs_more_than_a_tenth(long apart, string scope1, string scope2)
    {
        var graph = Graph(("a", "main", 0, scope1), ("b", "side", apart, scope2));

        Assert.Empty(graph.EdgesAfter(0, 0, CancellationToken.None));
        Assert.Equal(0, graph.CountEdges(CancellationToken.None));
    }

    [Fact]
    public void Nodes_are_ordered_by_the_units_of_their_ids_and_edges_by_both_ends()
    {
        var graph = Graph(("b", "m", 0, ""), ("B", "m", 0, ""), ("a1", "m", 0, ""), ("a", "m", 0, ""), ("ä", "m", 0, ""));

        Assert.Equal(["B", "a", "a1", "b", "ä"], Enumerable.Range(0, 5).Select(graph.Frames.Id));
        Assert.Equal(
            [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)],
            graph.EdgesAfter(0, 0, CancellationToken.None).Select(edge => (edge.From, edge.To)));
    }

    [Fact]
    public void A_node_is_given_back_as_its_frame_has_it()
    {
        var node = new AtlasNode("x", 17, "main", ["b", "a", "b"]);
        var other = new AtlasNode("y", 18, "main", ["a", "b"]);

        var frames = AtlasFrames.Of([other, node]);

        Assert.Equivalent(node, frames[0], strict: true);
        Assert.Equivalent(other, frames[1], strict: true);
    }

    [Fact]
    public void No_frames_are_no_edges()
    {
        var graph = AtlasGraph.Of([]);

        Assert.Empty(graph.EdgesAfter(0, 0, CancellationToken.None));
        Assert.Equal(0, graph.CountEdges(CancellationToken.None));
    }

    private static AtlasGraph Graph(params (string Id, string Branch, long Ticks, string Scope)[] nodes) =>
        AtlasGraph.Of(nodes.Select(node =>
            new AtlasNode(node.Id, node.Ticks, node.Branch, node.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
}
