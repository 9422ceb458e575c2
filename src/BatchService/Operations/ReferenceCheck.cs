using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Says before anything runs whether a reference can ever resolve.</summary>
internal static class ReferenceCheck
{
    /// <summary>The error, or null when some result of the operation has the path (or what the bare form cuts it back to).</summary>
    /// <param name="index">The index of the operation that holds the reference; <paramref name="id"/> is its id.</param>
    /// <param name="shapes">What each operation of the batch can return, by its id.</param>
    public static Error? Check(int index, string id, FoundReference found, IReadOnlyDictionary<string, ReferenceShape> shapes)
    {
        var reference = found.Reference;
        if (!shapes.TryGetValue(reference.Operation, out var shape))
        {
            return Unknown($"Operation '{id}' references unknown operation '{reference.Operation}'");
        }

        var root = new ShapeNode(shape);
        var steps = 0L;
        if (reference.TryFollow(root, ref steps, out _, out _))
        {
            return null;
        }

        reference.FindBreak(root, out var broken);
        return Unknown($"Operation '{id}' references property '{broken}' that operation '{reference.Operation}' can never return");

        Error Unknown(string detail) => new(ErrorCodes.ReferenceUnknown, detail, found.Pointer) { Index = index, Id = id };
    }
}
