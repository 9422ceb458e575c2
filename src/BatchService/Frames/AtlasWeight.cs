namespace BatchService.Frames;

/// <summary>What two frames have to do with each other, and how much: the definition of an edge.</summary>
internal static class AtlasWeight
{
    public const double Branch = 0.2;

    /// <summary>Frames that are not nearer than this have no temporal weight.</summary>
    public static readonly long Week = TimeSpan.FromDays(7).Ticks;

    /// <summary>By the time between two frames, in ticks; none for equal timestamps.</summary>
    public static double Temporal(long apart) => apart switch
    {
        0 => 0,
        < TimeSpan.TicksPerHour => 0.8,
        < TimeSpan.TicksPerDay => 0.5,
        _ => apart < Week ? 0.2 : 0,
    };

    /// <summary>Jaccard of two module scopes, by the numbers of their different modules; 0 for two empty ones.</summary>
    public static double Overlap(int shared, int first, int second) => shared == 0 ? 0 : (double)shared / (first + second - shared);

    /// <summary>
    /// How many modules two scopes must share at least for an overlap above 0.1: s / (a + b - s) &gt; 1/10 means 11 s &gt; a + b.
    /// </summary>
    public static int SharedFor(int first, int second) => ((first + second) / 11) + 1;

    /// <summary>The largest scope for which sharing <paramref name="shared"/> modules with one of a size is enough.</summary>
    public static int LargestFor(int shared, int size) => (11 * shared) - size - 1;

    /// <summary>The edge's weight and reason; frames of one branch, near in time or overlapping by more than 0.1 have one.</summary>
    public static (double Weight, string Reason) Of(double overlap, double temporal, double branch)
    {
        var weight = Math.Max(overlap, temporal + branch);
        if (overlap >= temporal && overlap >= branch)
            return (weight, "module_overlap");
        return (weight, temporal >= branch ? "temporal_proximity" : "branch_relation");
    }
}
