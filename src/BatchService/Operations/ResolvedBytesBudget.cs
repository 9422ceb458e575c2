using System.Runtime.InteropServices;

namespace BatchService.Operations;

/// <summary>What the references of one batch may still take; asked before anything is built, so that a doubling chain stays flat.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ResolvedBytesBudget(long limit)
{
    public const long DefaultLimit = 8 * 1024 * 1024;

    // A step over one property or element takes some nanoseconds: a second of work, far beyond what a real batch needs.
    private const long MaxSteps = 200_000_000;

    private long _bytes;
    private long _steps;

    public readonly long Limit => limit;

    /// <summary>False when the JSON text of one more value does not fit any more.</summary>
    public bool TryTake(long bytes)
    {
        _bytes += bytes;
        return _bytes <= limit;
    }

    /// <summary>False when the lookups take too long: many references into one very long array or object.</summary>
    public bool TryWalk(long steps)
    {
        _steps += steps;
        return _steps <= MaxSteps;
    }
}
