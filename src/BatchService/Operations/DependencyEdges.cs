using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Turns ids and references into the edges of the dependency graph.</summary>
internal static class DependencyEdges
{
    // depends_on may be as long as the body allows: unknown ids must not grow into millions of errors.
    private const int MaxUnknown = 1_000;

    /// <summary>For each operation what it depends on, ascending and each once; errors are added to <paramref name="found"/>.</summary>
    public static int[][] Read(IReadOnlyList<DependencyNode> nodes, List<Error> found)
    {
        var indexes = IndexIds(nodes, found);
        var dependencies = new int[nodes.Count][];
        var unknown = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            var targets = new HashSet<int>(node.Implied.Select(implied => implied.Target));
            unknown.Clear();
            for (var k = 0; k < node.DependsOn.Count; k++)
            {
                if (indexes.TryGetValue(node.DependsOn[k], out var target))
                {
                    targets.Add(target);
                }
                else if (found.Count < MaxUnknown && unknown.Add(node.DependsOn[k]))
                {
                    found.Add(Unknown(node, i, k));
                }
            }

            dependencies[i] = [.. targets];
            Array.Sort(dependencies[i]);
        }

        return dependencies;
    }

    private static Dictionary<string, int> IndexIds(IReadOnlyList<DependencyNode> nodes, List<Error> found)
    {
        var indexes = new Dictionary<string, int>(nodes.Count, StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            var id = nodes[i].Id;
            if (!indexes.TryAdd(id, i))
            {
                var pointer = JsonPointer.Append(DependencyNode.OperationPointer(i), "id");
                var detail = $"Duplicate operation ID '{id}' found";
                found.Add(new Error(ErrorCodes.OperationIdDuplicate, detail, pointer) { Index = i, Id = id });
            }
        }

        return indexes;
    }

    private static Error Unknown(DependencyNode node, int index, int position)
    {
        // What cannot be an id is not echoed.
        var name = node.DependsOn[position];
        var detail = OperationId.IsValid(name)
            ? $"Operation '{node.Id}' depends on unknown operation '{name}'"
            : $"Operation '{node.Id}' depends on an unknown operation: its name is not a possible id";
        return new Error(ErrorCodes.DependencyUnknown, detail, DependencyNode.DependencyPointer(index, position))
        {
            Index = index,
            Id = node.Id,
        };
    }
}
