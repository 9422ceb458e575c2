using System.ComponentModel.DataAnnotations;

namespace BatchService.Batching;

/// <summary>The limits of a call; shown by <c>GET /batch/capabilities</c> and checked at start.</summary>
internal sealed class BatchOptions
{
    public const string Section = "Batch";

    private const int MiB = 1024 * 1024;

    /// <summary>Operations in one <c>POST /batch</c>.</summary>
    [Range(1, 100_000)]
    public int MaxOperations { get; set; } = 100;

    /// <summary>Rows in one JSON body of <c>POST /entities/{entity}/batch</c>; streams have no such limit.</summary>
    [Range(1, 10_000_000)]
    public int MaxItems { get; set; } = 10_000;

    /// <summary>Rows that one read returns.</summary>
    [Range(1, 1_000_000)]
    public int MaxRows { get; set; } = 1_000;

    /// <summary>Rows that one update or delete touches without naming a higher <c>max_affected</c>.</summary>
    [Range(1, 10_000_000)]
    public int MaxAffected { get; set; } = 1_000;

    /// <summary>Bytes of a JSON body, decompressed.</summary>
    [Range(1_024, 1_024 * MiB)]
    public int MaxBodyBytes { get; set; } = 10 * MiB;

    /// <summary>Bytes of one NDJSON line or one CSV record.</summary>
    [Range(128, 256 * MiB)]
    public int MaxLineBytes { get; set; } = MiB;

    /// <summary>Bytes that the references of one batch may resolve to.</summary>
    [Range(1_024, 1_024 * MiB)]
    public int MaxResolvedBytes { get; set; } = 8 * MiB;

    /// <summary>Operations in a chain of dependencies.</summary>
    [Range(1, 1_000)]
    public int MaxDependencyDepth { get; set; } = 32;

    /// <summary>Seconds after which a synchronous call is rolled back and answered with 504.</summary>
    [Range(1, 3_600)]
    public int DeadlineSeconds { get; set; } = 30;

    /// <summary>Rows that a stream writes, commits and answers together.</summary>
    [Range(1, 100_000)]
    public int ChunkRows { get; set; } = 1_000;
}
