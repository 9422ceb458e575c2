using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

public sealed class OperationJobCutsTests
{
    [Fact]
    public void Cuts_anywhere_between_operations_that_do_not_depend_on_each_other() =>
        Assert.Equal([0, 1, 2], CutsOf(Graphs.Node("a"), Graphs.Node("b"), Graphs.Node("c")));

    [Fact]
    public void Keeps_together_what_depends_on_each_other_whichever_comes_first() =>
        Assert.Equal([0, 3, 4, 6], CutsOf(
            Graphs.Node("a"),
            Graphs.Node("b"),
            Graphs.Node("c", "a"),
            Graphs.Node("d"),
            Graphs.Node("e", "f"),
            Graphs.Node("f"),
            Graphs.Node("g")));

    [Fact]
    public void Keeps_overlapping_groups_together() =>
        Assert.Equal([0, 5], CutsOf(
            Graphs.Node("a"), Graphs.Node("b"), Graphs.Node("c", "a"), Graphs.Node("d", "b"), Graphs.Node("e", "d"), Graphs.Node("f")));

    [Fact]
    public void No_dependency_of_any_graph_crosses_a_cut()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var nodes = Enumerable.Range(0, 30)
                .Select(index => Graphs.Node($"op_{index}", index > 0 && random.Next(3) == 0 ? [$"op_{Math.Max(0, index - 1 - random.Next(4))}"] : []))
                .ToArray();
            var graph = Graphs.Build(nodes);
            var cuts = CutsOf(nodes).ToHashSet();
            for (var cut = 0; cut < nodes.Length; cut++)
            {
                var crosses = Enumerable.Range(cut, nodes.Length - cut).Any(index => graph.DependenciesOf(index).Any(other => other < cut));
                Assert.True(cuts.Contains(cut) == !crosses, $"seed {seed}, cut {cut}");
            }
        }
    }

    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(false, false, 0)]
    [InlineData(false, true, 1)]
    public void Refuses_groups_that_span_too_much_where_parts_are_needed(bool atomic, bool continueOnError, int expected)
    {
        var nodes = Enumerable.Range(0, 1_002).Select(index => index == 1_001 ? Graphs.Node("last", "op_0") : Graphs.Node($"op_{index}")).ToArray();
        var errors = new List<Error>();
        OperationJobType.Cuts(Graphs.Build(nodes), nodes.Length, new RequestOptions(atomic, continueOnError), errors);

        Assert.Equal(expected, errors.Count);
        Assert.All(errors, error => Assert.Equal(ErrorCodes.BatchTooLarge, error.Code));
    }

    private static List<int> CutsOf(params DependencyNode[] nodes)
    {
        var errors = new List<Error>();
        var mayCut = OperationJobType.Cuts(Graphs.Build(nodes), nodes.Length, RequestOptions.OfJobs, errors);
        Assert.Empty(errors);
        return [.. Enumerable.Range(0, nodes.Length).Where(mayCut)];
    }
}
