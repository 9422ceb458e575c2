using System.ComponentModel.DataAnnotations;

namespace BatchService.Batching;

/// <summary>How idempotency keys are kept. Section <c>Idempotency</c>.</summary>
internal sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>Hours that a key and its answer are kept.</summary>
    [Range(1, 24 * 365)]
    public int Hours { get; set; } = 24;

    /// <summary>Bytes of an answer that is kept; a larger one is replayed without its results.</summary>
    [Range(1_024, 256 * 1024 * 1024)]
    public int MaxResponseBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Seconds after its last sign of life that a best-effort request counts as dead, so that a repetition goes on in its place. Too short
    /// a lease costs a request its answer, never an effect twice: each transaction checks the lease's fence.
    /// </summary>
    [Range(1, 3_600)]
    public int LeaseSeconds { get; set; } = 35;

    /// <summary>Seconds between two removals of expired keys.</summary>
    [Range(1, 86_400)]
    public int PruneSeconds { get; set; } = 300;
}
