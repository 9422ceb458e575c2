using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

/// <summary>Short ways to write dependency graphs down.</summary>
internal static class Graphs
{
    public static DependencyNode Node(string id, params string[] dependsOn) => new(id, dependsOn, []);

    public static DependencyGraph Build(params DependencyNode[] nodes)
    {
        Assert.True(DependencyGraph.TryBuild(nodes, out var graph, out var errors), string.Join('\n', errors.Select(e => e.Detail)));
        Assert.Empty(errors);
        return graph;
    }

    public static IReadOnlyList<Error> Errors(params DependencyNode[] nodes)
    {
        Assert.False(DependencyGraph.TryBuild(nodes, out var graph, out var errors));
        Assert.Null(graph);
        return errors;
    }

    public static DependencyNode[] Chain(int length) =>
        [.. Enumerable.Range(0, length).Select(i => i == 0 ? Node("op_0") : Node($"op_{i}", $"op_{i - 1}"))];
}
