using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Names the circles in a dependency graph: for each operation the shortest one in which it has the lowest index.</summary>
internal static class DependencyCycles
{
    /// <summary>The errors, by the index of each circle's first member.</summary>
    public static IEnumerable<Error> Find(IReadOnlyList<DependencyNode> nodes, int[][] dependencies)
    {
        for (var start = 0; start < dependencies.Length; start++)
        {
            if (ShortestThrough(start, dependencies) is not { } cycle)
            {
                continue;
            }

            var next = cycle.Count > 1 ? cycle[1] : start;
            var names = string.Join(" -> ", cycle.Append(start).Select(i => nodes[i].Id));
            yield return new Error(
                ErrorCodes.DependencyCycle,
                $"Circular dependency detected: {names}",
                nodes[start].PointerTo(start, next, nodes[next].Id))
            { Index = start, Id = nodes[start].Id };
        }
    }

    /// <summary>Breadth first along depends-on edges, never below <paramref name="start"/>, until an edge leads back to it.</summary>
    private static List<int>? ShortestThrough(int start, int[][] dependencies)
    {
        var cameFrom = new int[dependencies.Length];
        Array.Fill(cameFrom, -1);
        var queue = new Queue<int>([start]);
        while (queue.TryDequeue(out var at))
        {
            foreach (var next in dependencies[at])
            {
                if (next == start)
                {
                    return Unwind(cameFrom, start, at);
                }

                if (next > start && cameFrom[next] < 0)
                {
                    cameFrom[next] = at;
                    queue.Enqueue(next);
                }
            }
        }

        return null;
    }

    private static List<int> Unwind(int[] cameFrom, int start, int last)
    {
        var cycle = new List<int>();
        for (var at = last; at != start; at = cameFrom[at])
        {
            cycle.Add(at);
        }

        cycle.Add(start);
        cycle.Reverse();
        return cycle;
    }
}
