using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace BatchService.Http;

/// <summary>
/// The names of the objects that are open during a scan, on one stack, for finding duplicates. One instance a thread, reused:
/// a scan never waits, so nothing is allocated once the arrays have grown.
/// </summary>
internal sealed class JsonNames
{
    // Up to here a vectorised search over the hashes beats everything; beyond, one sort at the end of the object keeps it n log n.
    private const int SearchLimit = 64;
    private const int KeptCapacity = 16 * 1024;

    [ThreadStatic]
    private static JsonNames? t_instance;

    private int[] _hashes = new int[256];
    private (int Start, int Length)[] _spans = new (int Start, int Length)[256];
    private byte[] _unescaped = [];
    private int _unescapedLength;

    /// <summary>How many names are on the stack; a new object's names begin here.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the thread's instance, empty. To be given back by <see cref="Return"/>.</summary>
    public static JsonNames Rent()
    {
        var names = t_instance ?? new JsonNames();
        t_instance = null;
        return names;
    }

    public static void Return(JsonNames names)
    {
        names.Count = 0;
        names._unescapedLength = 0;
        if (names._hashes.Length <= KeptCapacity && names._unescaped.Length <= KeptCapacity)
        {
            t_instance = names;
        }
    }

    /// <summary>
    /// Puts the reader's property name on the stack; false when the object that began at <paramref name="first"/> has it already.
    /// </summary>
    public bool Add(ReadOnlySpan<byte> json, ref Utf8JsonReader reader, int first)
    {
        if (Count == _hashes.Length)
        {
            Array.Resize(ref _hashes, Count * 2);
            Array.Resize(ref _spans, Count * 2);
        }

        var span = reader.ValueIsEscaped ? Unescape(ref reader) : ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        var name = Bytes(json, span);
        var hash = Hash(name);
        var index = Count++;
        _hashes[index] = hash;
        _spans[index] = span;
        return index - first > SearchLimit || !Contains(json, name, hash, first, index);
    }

    /// <summary>
    /// Takes the names of an ended object off the stack; false when it had too many for <see cref="Add"/> and two are equal.
    /// </summary>
    public bool End(ReadOnlySpan<byte> json, int first)
    {
        var unique = Count - first <= SearchLimit || AreUnique(json, first);
        Count = first;
        return unique;
    }

    /// <summary>The name at a place of the stack, unescaped.</summary>
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> json, int index) => Bytes(json, _spans[index]);

    private bool Contains(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, int hash, int from, int to)
    {
        while (_hashes.AsSpan(from, to - from).IndexOf(hash) is >= 0 and var hit)
        {
            from += hit;
            if (name.SequenceEqual(Bytes(json, _spans[from])))
            {
                return true;
            }

            from++;
        }

        return false;
    }

    private bool AreUnique(ReadOnlySpan<byte> json, int first)
    {
        var count = Count - first;
        var sorted = ArrayPool<long>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
        {
            sorted[i] = ((long)_hashes[first + i] << 32) | (uint)(first + i);
        }

        sorted.AsSpan(0, count).Sort();
        var unique = true;
        for (var i = 1; i < count && unique; i++)
        {
            // The hash is keyed at random for each process: equal hashes of different names stay rare, whatever is sent.
            for (var j = i - 1; j >= 0 && sorted[j] >> 32 == sorted[i] >> 32 && unique; j--)
            {
                unique = !Name(json, (int)(uint)sorted[i]).SequenceEqual(Name(json, (int)(uint)sorted[j]));
            }
        }

        ArrayPool<long>.Shared.Return(sorted);
        return unique;
    }

    private (int Start, int Length) Unescape(ref Utf8JsonReader reader)
    {
        var needed = _unescapedLength + reader.ValueSpan.Length;
        if (needed > _unescaped.Length)
        {
            Array.Resize(ref _unescaped, Math.Max(needed, Math.Max(256, _unescaped.Length * 2)));
        }

        var length = reader.CopyString(_unescaped.AsSpan(_unescapedLength));
        var start = ~_unescapedLength;
        _unescapedLength += length;
        return (start, length);
    }

    private ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> json, (int Start, int Length) span) =>
        span.Start >= 0 ? json.Slice(span.Start, span.Length) : _unescaped.AsSpan(~span.Start, span.Length);

    // Two bytes read as one character reach the platform's keyed hash (Marvin), which has no form for bytes.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(name), StringComparison.Ordinal);
        return (name.Length & 1) == 0 ? hash : unchecked((hash * 31) + name[^1] + 1);
    }
}
