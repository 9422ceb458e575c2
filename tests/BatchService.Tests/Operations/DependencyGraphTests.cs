using System.Diagnostics;
using BatchService.Batching;
using BatchService.Operations;
using static BatchService.Tests.Operations.Graphs;

namespace BatchService.Tests.Operations;

public sealed class DependencyGraphTests
{
    [Fact]
    public void Runs_a_linear_chain_from_its_start() =>
        Assert.Equal([2, 1, 0], Build(Node("c", "b"), Node("b", "a"), Node("a")).Order);

    [Fact]
    public void Keeps_request_order_where_nothing_depends_on_anything() =>
        Assert.Equal([0, 1, 2], Build(Node("z"), Node("m"), Node("a")).Order);

    [Fact]
    public void Moves_an_operation_after_the_one_it_needs_and_no_further() =>
        Assert.Equal([1, 2, 0, 3], Build(Node("a", "c"), Node("b"), Node("c"), Node("d")).Order);

    [Fact]
    public void Runs_both_sides_of_a_diamond_before_its_end() =>
        Assert.Equal([3, 1, 2, 0], Build(Node("end", "left", "right"), Node("left", "start"), Node("right", "start"), Node("start")).Order);

    [Fact]
    public void Orders_a_graph_of_several_layers()
    {
        var graph = Build(
            Node("invoice", "customer", "rate"),
            Node("customer"),
            Node("line1", "invoice", "track"),
            Node("line2", "invoice"),
            Node("track"),
            Node("rate", "customer"),
            Node("log"));

        Assert.Equal([1, 4, 5, 0, 2, 3, 6], graph.Order);
        Assert.Equal(4, graph.Depth);
        Assert.Equal([1, 5], graph.DependenciesOf(0));
        Assert.Equal([2, 3], graph.DependentsOf(0));
    }

    [Fact]
    public void Knows_the_operations_that_depend_on_nothing()
    {
        var graph = Build(Node("a"), Node("b", "a"), Node("c"));

        Assert.Equal([0, 2], graph.Order.Where(i => graph.DependenciesOf(i).Count == 0));
        Assert.Empty(graph.DependentsOf(2));
    }

    [Fact]
    public void A_reference_counts_as_a_dependency()
    {
        var graph = Build(new DependencyNode("a", [], [new ImpliedDependency(1, "/operations/0/store_params/x")]), Node("b"));

        Assert.Equal([1, 0], graph.Order);
        Assert.Equal([1], graph.DependenciesOf(0));
    }

    [Fact]
    public void Repeated_dependencies_are_harmless()
    {
        var implied = new ImpliedDependency(1, "/operations/0/store_params/x");
        var graph = Build(new DependencyNode("a", ["b", "b"], [implied, implied]), Node("b"));

        Assert.Equal([1], graph.DependenciesOf(0));
        Assert.Equal([0], graph.DependentsOf(1));
        Assert.Equal([1, 0], graph.Order);
    }

    [Fact]
    public void Names_a_direct_circle()
    {
        var error = Assert.Single(Errors(Node("a", "b"), Node("b", "a")));

        Assert.Equal(ErrorCodes.DependencyCycle, error.Code);
        Assert.Equal("Circular dependency detected: a -> b -> a", error.Detail);
        Assert.Equal("/operations/0/depends_on/0", error.Pointer);
        Assert.Equal((0, "a"), (error.Index, error.Id));
    }

    [Fact]
    public void Names_an_indirect_circle_from_its_lowest_member_and_leaves_out_who_only_hangs_on_it()
    {
        var error = Assert.Single(Errors(Node("hangs", "c"), Node("b", "free", "d"), Node("c", "b"), Node("d", "c"), Node("free")));

        Assert.Equal("Circular dependency detected: b -> d -> c -> b", error.Detail);
        Assert.Equal("/operations/1/depends_on/1", error.Pointer);
    }

    [Fact]
    public void Names_an_operation_that_depends_on_itself() =>
        Assert.Equal("Circular dependency detected: a -> a", Assert.Single(Errors(Node("a", "a"))).Detail);

    [Fact]
    public void A_circle_through_a_reference_points_at_the_reference()
    {
        var node = new DependencyNode("a", [], [new ImpliedDependency(1, "/operations/0/store_params/x")]);
        var error = Assert.Single(Errors(node, Node("b", "a")));

        Assert.Equal("Circular dependency detected: a -> b -> a", error.Detail);
        Assert.Equal("/operations/0/store_params/x", error.Pointer);
    }

    [Fact]
    public void Names_every_separate_circle() =>
        Assert.Equal(
            ["Circular dependency detected: a -> b -> a", "Circular dependency detected: c -> d -> c"],
            Errors(Node("a", "b"), Node("b", "a"), Node("c", "d"), Node("d", "c")).Select(error => error.Detail));

    [Fact]
    public void Names_an_unknown_dependency_once_for_each_operation()
    {
        var errors = Errors(Node("b"), Node("a", "b", "ghost", "ghost"), Node("c", "ghost"));

        Assert.Equal(["/operations/1/depends_on/1", "/operations/2/depends_on/0"], errors.Select(error => error.Pointer));
        Assert.Equal("Operation 'a' depends on unknown operation 'ghost'", errors[0].Detail);
        Assert.Equal(ErrorCodes.DependencyUnknown, errors[0].Code);
        Assert.Equal((1, "a"), (errors[0].Index, errors[0].Id));
    }

    [Fact]
    public void Does_not_echo_an_unknown_dependency_that_is_not_an_id() =>
        Assert.DoesNotContain("<script>", Assert.Single(Errors(Node("a", "<script>"))).Detail, StringComparison.Ordinal);

    [Fact]
    public void A_million_unknown_dependencies_do_not_become_a_million_errors() =>
        Assert.Equal(1_000, Errors(Node("a", [.. Enumerable.Range(0, 1_000_000).Select(i => $"x{i}")])).Count);

    [Fact]
    public void Finds_duplicate_ids()
    {
        var error = Assert.Single(Errors(Node("x"), Node("y"), Node("x")));

        Assert.Equal(ErrorCodes.OperationIdDuplicate, error.Code);
        Assert.Equal("Duplicate operation ID 'x' found", error.Detail);
        Assert.Equal("/operations/2/id", error.Pointer);
    }

    [Fact]
    public void Reports_unknown_dependencies_and_circles_together() =>
        Assert.Equal(
            [ErrorCodes.DependencyUnknown, ErrorCodes.DependencyCycle],
            Errors(Node("a", "b"), Node("b", "a"), Node("c", "ghost")).Select(error => error.Code));

    [Fact]
    public void A_lone_operation_has_depth_1_and_an_empty_batch_0()
    {
        Assert.Equal(1, Build(Node("a")).Depth);
        Assert.Equal(0, Build().Depth);
    }

    [Fact]
    public void Takes_a_chain_of_32_and_refuses_one_of_33()
    {
        Assert.Equal(32, Build(Chain(32)).Depth);

        var error = Assert.Single(Errors(Chain(33)));
        Assert.Equal(ErrorCodes.DependencyTooDeep, error.Code);
        Assert.Equal("/operations/32/depends_on/0", error.Pointer);
        Assert.Equal(32, error.Index);
    }

    [Fact]
    public void Says_once_where_a_longer_chain_gets_too_deep() =>
        Assert.Equal(32, Assert.Single(Errors(Chain(100))).Index);

    [Fact]
    public void A_hundred_operations_that_all_depend_on_each_other_are_judged_at_once()
    {
        var ids = Enumerable.Range(0, 100).Select(i => $"op_{i}").ToArray();
        DependencyNode[] layered = [.. ids.Select((id, i) => Node(id, ids[..(i / 4 * 4)]))];
        DependencyNode[] circular = [.. ids.Select(id => Node(id, ids))];
        Build(layered);
        Errors(circular);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(25, Build(layered).Depth);
        Assert.Equal(100, Errors(circular).Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);

        // The best of several: other tests run at the same time.
        Assert.InRange(Enumerable.Range(0, 10).Min(_ => Milliseconds(() => Errors(circular))), 0, 50);
        Assert.InRange(Enumerable.Range(0, 10).Min(_ => Milliseconds(() => Build(layered))), 0, 50);
    }

    private static double Milliseconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
