using System.Buffers.Binary;

namespace BatchService.Notebooks;

/// <summary>UUIDv7s that sort in the order in which they were made, also within one millisecond.</summary>
internal static class OrderedIds
{
    private const int Size = 16;

    /// <summary>Cleared in the first, so that counting up never reaches the bits of the variant.</summary>
    private const ulong Headroom = 1UL << 61;

    public static Guid[] Make(int count, DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Guid.CreateVersion7(at).TryWriteBytes(bytes, bigEndian: true, out _);
        var tail = bytes[(Size / 2)..];
        var first = BinaryPrimitives.ReadUInt64BigEndian(tail) & ~Headroom;
        var ids = new Guid[count];
        for (var index = 0; index < count; index++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(tail, first + (ulong)index);
            ids[index] = new Guid(bytes, bigEndian: true);
        }
        return ids;
    }
}
