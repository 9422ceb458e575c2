using System.ComponentModel.DataAnnotations;

namespace BatchService.Batching;

/// <summary>How long it is known who wrote what batch. Section <c>Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Days that a row of the audit table is kept.</summary>
    [Range(1, 36_500)]
    public int KeepDays { get; set; } = 365;

    /// <summary>Seconds between two removals of old rows.</summary>
    [Range(1, 86_400)]
    public int PruneSeconds { get; set; } = 300;
}
