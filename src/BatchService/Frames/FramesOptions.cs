using System.ComponentModel.DataAnnotations;

namespace BatchService.Frames;

/// <summary>The limits of the frame endpoints.</summary>
internal sealed class FramesOptions
{
    public const string Section = "Frames";

    /// <summary>Frames in one <c>POST /frames/batch</c>.</summary>
    [Range(1, 100_000)]
    public int MaxBatch { get; set; } = 1_000;
}
