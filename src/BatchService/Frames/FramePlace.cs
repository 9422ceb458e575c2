using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>A place inside a frame, as clients of the frame API write it and as a JSON pointer.</summary>
internal sealed record FramePlace(string Path, string Pointer)
{
    public static readonly FramePlace Root = new("(root)", "");

    /// <summary>A field of the object at this place.</summary>
    public FramePlace Field(string name) =>
        new(Pointer.Length == 0 ? name : $"{Path}.{name}", JsonPointer.Append(Pointer, name));

    /// <summary>An item of the list at this place.</summary>
    public FramePlace Item(int index) => new($"{Path}[{index}]", JsonPointer.Append(Pointer, index));
}
