using BatchService.Batching;
using BatchService.Operations;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Operations;

public sealed class DependencyGraphProperties
{
    [Fact]
    public void The_order_is_a_permutation_that_respects_every_edge() =>
        Prop.ForAll(Acyclic.ToArbitrary(), nodes =>
        {
            var graph = Graphs.Build(nodes);
            var position = graph.Order.Select((index, at) => (index, at)).ToDictionary(pair => pair.index, pair => pair.at);

            return graph.Order.Order().SequenceEqual(Enumerable.Range(0, nodes.Length))
                && Edges(nodes).All(edge => position[edge.Target] < position[edge.Index]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_always_takes_the_lowest_ready_index() =>
        Prop.ForAll(Acyclic.ToArbitrary(), nodes => Graphs.Build(nodes).Order.SequenceEqual(OneByOne(nodes))).QuickCheckThrowOnFailure();

    [Fact]
    public void Dependents_are_the_dependencies_seen_from_the_other_side() =>
        Prop.ForAll(Acyclic.ToArbitrary(), nodes =>
        {
            var graph = Graphs.Build(nodes);
            var indexes = Enumerable.Range(0, nodes.Length).ToArray();
            var forwards = indexes.SelectMany(i => graph.DependenciesOf(i).Select(target => (i, target))).ToHashSet();
            var backwards = indexes.SelectMany(i => graph.DependentsOf(i).Select(dependent => (dependent, i))).ToHashSet();

            return forwards.SetEquals(backwards) && forwards.SetEquals(Edges(nodes));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_graph_is_refused_exactly_when_not_everything_can_run_and_each_named_circle_is_one() =>
        Prop.ForAll(Any.ToArbitrary(), nodes =>
        {
            var built = DependencyGraph.TryBuild(nodes, out _, out var errors);
            var edges = Edges(nodes).ToHashSet();

            return built == (OneByOne(nodes).Count == nodes.Length)
                && built == (errors.Count == 0)
                && errors.All(error => IsCircle(error, edges));
        }).QuickCheckThrowOnFailure();

    private static Gen<DependencyNode[]> Any =>
        from count in Gen.Choose(1, 12)
        from edges in Gen.Choose(0, 2 * count).SelectMany(size => Gen.ArrayOf(Edge(count), size))
        select Nodes(count, edges);

    /// <summary>Edges lead from a later to an earlier place of a shuffled order, so there is no circle; 30 cannot get too deep.</summary>
    private static Gen<DependencyNode[]> Acyclic =>
        from count in Gen.Choose(1, 30)
        from places in Gen.Shuffle(Enumerable.Range(0, count).ToArray())
        from edges in Gen.Choose(0, 3 * count).SelectMany(size => Gen.ArrayOf(Edge(count), size))
        let pairs = edges.Where(e => e.Index != e.Target)
        select Nodes(count, [.. pairs.Select(e => places[e.Index] > places[e.Target] ? e : e.Turned())]);

    private static Gen<TestEdge> Edge(int count) =>
        from index in Gen.Choose(0, count - 1)
        from target in Gen.Choose(0, count - 1)
        from isReference in Gen.Choose(0, 1)
        select new TestEdge(index, target, isReference == 1);

    private static DependencyNode[] Nodes(int count, TestEdge[] edges) =>
    [
        .. Enumerable.Range(0, count).Select(i => new DependencyNode(
            $"op_{i}",
            [.. edges.Where(e => e.Index == i && !e.IsReference).Select(e => $"op_{e.Target}")],
            [.. edges.Where(e => e.Index == i && e.IsReference).Select(e => new ImpliedDependency(e.Target, $"/operations/{i}/x"))])),
    ];

    private static IEnumerable<(int Index, int Target)> Edges(DependencyNode[] nodes) =>
        nodes.SelectMany((node, i) =>
            node.DependsOn.Select(IndexOf).Concat(node.Implied.Select(implied => implied.Target)).Select(target => (i, target)));

    /// <summary>The slow and obvious way: again and again the first operation whose dependencies have all run.</summary>
    private static List<int> OneByOne(DependencyNode[] nodes)
    {
        var edges = Edges(nodes).ToArray();
        var order = new List<int>();
        while (true)
        {
            var next = Enumerable.Range(0, nodes.Length).Cast<int?>().FirstOrDefault(i =>
                !order.Contains(i!.Value) && edges.Where(edge => edge.Index == i).All(edge => order.Contains(edge.Target)));
            if (next is null)
            {
                return order;
            }

            order.Add(next.Value);
        }
    }

    private static bool IsCircle(Error error, HashSet<(int Index, int Target)> edges)
    {
        var members = error.Detail["Circular dependency detected: ".Length..].Split(" -> ").Select(IndexOf).ToArray();
        return error.Code == ErrorCodes.DependencyCycle
            && members[0] == members[^1]
            && members[0] == members.Min()
            && members[0] == error.Index
            && members.Zip(members.Skip(1)).All(edges.Contains);
    }

    private static int IndexOf(string id) => int.Parse(id["op_".Length..]);

    private sealed record TestEdge(int Index, int Target, bool IsReference)
    {
        public TestEdge Turned() => this with { Index = Target, Target = Index };
    }
}
