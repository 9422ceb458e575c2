using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>One operation as the dependency graph sees it; its place in the list is its index in the request.</summary>
/// <param name="DependsOn">The ids of <c>depends_on</c> as they were sent: repeated ones are harmless.</param>
/// <param name="Implied">What its references imply.</param>
internal sealed record DependencyNode(string Id, IReadOnlyList<string> DependsOn, IReadOnlyList<ImpliedDependency> Implied)
{
    /// <summary>The place in the request that made the operation at <paramref name="index"/> depend on <paramref name="target"/>.</summary>
    public string PointerTo(int index, int target, string targetId)
    {
        for (var k = 0; k < DependsOn.Count; k++)
        {
            if (DependsOn[k] == targetId)
            {
                return DependencyPointer(index, k);
            }
        }

        foreach (var implied in Implied)
        {
            if (implied.Target == target)
            {
                return implied.Pointer;
            }
        }

        return OperationPointer(index);
    }

    public static string OperationPointer(int index) => JsonPointer.Append("/operations", index);

    public static string DependencyPointer(int index, int position) =>
        JsonPointer.Append(JsonPointer.Append(OperationPointer(index), "depends_on"), position);
}

/// <summary>A dependency that a reference implies.</summary>
/// <param name="Target">The index of the referenced operation.</param>
/// <param name="Pointer">The place of the string that holds the reference.</param>
internal readonly record struct ImpliedDependency(int Target, string Pointer);
