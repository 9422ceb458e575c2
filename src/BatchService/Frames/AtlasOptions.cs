using System.ComponentModel.DataAnnotations;

namespace BatchService.Frames;

/// <summary>How the atlas is rebuilt and kept at hand. Section <c>Atlas</c>.</summary>
internal sealed class AtlasOptions
{
    public const string Section = "Atlas";

    /// <summary>
    /// A rebuild waits this long for further requests, each of which makes it wait anew, but not longer than five times this in all.
    /// </summary>
    [Range(0, 600_000)]
    public int DebounceMilliseconds { get; set; } = 1_000;

    /// <summary>Seconds after its last sign of life that a rebuild counts as dead, so that another process begins one.</summary>
    [Range(1, 3_600)]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>Between two looks for requests of processes that died, while nothing is asked of this one.</summary>
    [Range(10, 600_000)]
    public int PollMilliseconds { get; set; } = 1_000;

    /// <summary>Minutes that a process keeps the graph in memory after its last use.</summary>
    [Range(0, 1_440)]
    public int CacheMinutes { get; set; } = 5;
}
