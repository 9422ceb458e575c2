using System.Diagnostics.CodeAnalysis;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Which operation needs which, and the order to run them: each after those it needs, otherwise request order.</summary>
internal sealed class DependencyGraph
{
    /// <summary>The longest chain of operations that a batch may have unless the settings say otherwise; a lone operation is a chain of 1.</summary>
    public const int MaxDepth = 32;

    private readonly int[][] _dependencies;
    private readonly int[][] _dependents;

    private DependencyGraph(int[][] dependencies, int[][] dependents, int[] order, int depth)
    {
        _dependencies = dependencies;
        _dependents = dependents;
        Order = order;
        Depth = depth;
    }

    /// <summary>All indexes in the order to run them.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>The number of operations in the longest chain; 0 for an empty batch.</summary>
    public int Depth { get; }

    /// <summary>The operations that this one needs directly, ascending.</summary>
    public IReadOnlyList<int> DependenciesOf(int index) => _dependencies[index];

    /// <summary>The operations that need this one directly, ascending.</summary>
    public IReadOnlyList<int> DependentsOf(int index) => _dependents[index];

    /// <summary>The graph, or all that is wrong: duplicate and unknown ids, one cycle for each lowest member, depth.</summary>
    public static bool TryBuild(
        IReadOnlyList<DependencyNode> nodes,
        [NotNullWhen(true)] out DependencyGraph? graph,
        out IReadOnlyList<Error> errors,
        int maxDepth = MaxDepth)
    {
        var found = new List<Error>();
        var dependencies = DependencyEdges.Read(nodes, found);
        var dependents = Reverse(dependencies);
        var order = Sort(dependencies, dependents);
        graph = null;
        errors = found;
        if (order.Length < nodes.Count)
        {
            found.AddRange(DependencyCycles.Find(nodes, dependencies));
            return false;
        }

        var depths = Measure(order, dependencies);
        found.AddRange(FindTooDeep(nodes, dependencies, depths, maxDepth));
        if (found.Count > 0)
        {
            return false;
        }

        graph = new DependencyGraph(dependencies, dependents, order, depths.Length == 0 ? 0 : depths.Max());
        return true;
    }

    private static int[][] Reverse(int[][] dependencies)
    {
        var dependents = new List<int>[dependencies.Length];
        for (var i = 0; i < dependents.Length; i++)
        {
            dependents[i] = [];
        }

        for (var i = 0; i < dependencies.Length; i++)
        {
            foreach (var target in dependencies[i])
            {
                dependents[target].Add(i);
            }
        }

        return Array.ConvertAll(dependents, list => list.ToArray());
    }

    /// <summary>Kahn's algorithm, the lowest ready index first; shorter than the batch when there is a cycle.</summary>
    private static int[] Sort(int[][] dependencies, int[][] dependents)
    {
        var waiting = Array.ConvertAll(dependencies, targets => targets.Length);
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < waiting.Length; i++)
        {
            if (waiting[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var order = new List<int>(waiting.Length);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(next);
            foreach (var dependent in dependents[next])
            {
                if (--waiting[dependent] == 0)
                {
                    ready.Enqueue(dependent, dependent);
                }
            }
        }

        return [.. order];
    }

    private static int[] Measure(int[] order, int[][] dependencies)
    {
        var depths = new int[order.Length];
        foreach (var i in order)
        {
            depths[i] = 1 + dependencies[i].Select(target => depths[target]).DefaultIfEmpty().Max();
        }

        return depths;
    }

    /// <summary>Only where the limit is crossed: what comes after is too deep for the same reason.</summary>
    private static IEnumerable<Error> FindTooDeep(IReadOnlyList<DependencyNode> nodes, int[][] dependencies, int[] depths, int maxDepth)
    {
        for (var i = 0; i < depths.Length; i++)
        {
            if (depths[i] != maxDepth + 1)
            {
                continue;
            }

            var node = nodes[i];
            var deepest = dependencies[i].MaxBy(target => depths[target]);
            yield return new Error(
                ErrorCodes.DependencyTooDeep,
                $"Operation '{node.Id}' ends a chain of {depths[i]} dependent operations; the limit is {maxDepth}",
                node.PointerTo(i, deepest, nodes[deepest].Id))
            { Index = i, Id = node.Id };
        }
    }
}
