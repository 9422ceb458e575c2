using System.Runtime.InteropServices;

namespace BatchService.Operations;

/// <summary>A parsed reference to a value in the result of another operation.</summary>
/// <param name="Operation">The id of the operation that it names.</param>
/// <param name="Path">The text after the id, from its first <c>.</c> or <c>[</c>: <c>.items[0].id</c>.</param>
/// <param name="Segments">The steps of <paramref name="Path"/>; at least one.</param>
/// <param name="IsExact">
/// True for <c>${ref:…}</c> and for a reference that is all of its string: the path is meant as it is. The bare form inside a longer
/// string may be cut back at <c>.</c> and <c>_</c>.
/// </param>
internal sealed record Reference(string Operation, string Path, IReadOnlyList<PathSegment> Segments, bool IsExact)
{
    /// <summary>
    /// Takes the longest path that can be walked from <paramref name="root"/>; <paramref name="length"/> says how much of
    /// <see cref="Path"/> that is, the rest stays text.
    /// </summary>
    public bool TryFollow<TNode>(TNode root, ref long steps, out TNode end, out int length)
        where TNode : struct, IReferenceNode<TNode> => TryFollow(root, 0, ref steps, out end, out length);

    /// <summary>The last node that the full path reaches, and <see cref="Path"/> up to the step that is missing there.</summary>
    public TNode FindBreak<TNode>(TNode root, out string broken)
        where TNode : struct, IReferenceNode<TNode>
    {
        var at = root;
        foreach (var segment in Segments)
        {
            if (!TryStep(at, segment, out var child))
            {
                broken = Path[..segment.End].TrimStart('.');
                return at;
            }

            at = child;
        }

        broken = Path.TrimStart('.');
        return at;
    }

    private bool TryFollow<TNode>(TNode at, int position, ref long steps, out TNode end, out int length)
        where TNode : struct, IReferenceNode<TNode>
    {
        if (position == Segments.Count)
        {
            end = at;
            length = Path.Length;
            return true;
        }

        var segment = Segments[position];
        steps += at.Width;
        if (TryStep(at, segment, out var child) && TryFollow(child, position + 1, ref steps, out end, out length))
        {
            return true;
        }

        end = at;
        length = segment.Start;
        if (IsExact || segment.Index is not null)
        {
            return false;
        }

        // Cut back inside the step, from its last '_'; then at its '.'.
        var key = KeyOf(segment);
        for (var cut = key.LastIndexOf('_'); cut > 0; cut = key.LastIndexOf('_'))
        {
            key = key[..cut];
            steps += at.Width;
            if (at.TryKey(key, out end))
            {
                length = segment.Start + 1 + cut;
                return true;
            }
        }

        end = at;
        return position > 0 && at.MayEndBeforeDot;
    }

    private bool TryStep<TNode>(TNode at, PathSegment segment, out TNode child)
        where TNode : struct, IReferenceNode<TNode> =>
        segment.Index is { } index ? at.TryIndex(index, out child) : at.TryKey(KeyOf(segment), out child);

    private ReadOnlySpan<char> KeyOf(PathSegment segment) => Path.AsSpan((segment.Start + 1)..segment.End);
}

/// <summary>One step of a path: from its <c>.</c> or <c>[</c> up to, not including, <paramref name="End"/>.</summary>
/// <param name="Index">The number between brackets, negative from the end; null for a dotted step (a key, or digits on an array).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PathSegment(int Start, int End, int? Index);

/// <summary>A place that a reference's path can be walked from: in a result, or in what an operation can return at all.</summary>
internal interface IReferenceNode<TSelf>
    where TSelf : struct, IReferenceNode<TSelf>
{
    /// <summary>How many children a step may have to look at: what a step costs.</summary>
    int Width { get; }

    /// <summary>
    /// True where a bare path may be cut back at a dot that is text (<c>$ref:op.id.pdf</c>): after a string, number or boolean.
    /// After an object, an array or null, what follows was meant as a property, and it is missing.
    /// </summary>
    bool MayEndBeforeDot { get; }

    bool TryKey(ReadOnlySpan<char> key, out TSelf child);

    bool TryIndex(int index, out TSelf child);
}
