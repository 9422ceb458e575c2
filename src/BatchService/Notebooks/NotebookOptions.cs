using System.ComponentModel.DataAnnotations;

namespace BatchService.Notebooks;

/// <summary>The limits of notebooks and of their work queues; checked at start.</summary>
internal sealed class NotebookOptions
{
    public const string Section = "Notebooks";

    /// <summary>Entries in one <c>POST /notebooks/{id}/batch</c>.</summary>
    [Range(1, 10_000)]
    public int MaxBatch { get; set; } = 100;

    /// <summary>UTF-16 units of one entry's content. Full-text search sees the first 100,000 characters.</summary>
    [Range(1, 100_000_000)]
    public int MaxContentLength { get; set; } = 1_000_000;

    /// <summary>Seconds that a worker has for a job; then another one gets it.</summary>
    [Range(1, 86_400)]
    public int LeaseSeconds { get; set; } = 120;

    /// <summary>How often a job is tried again after it failed or its worker was lost.</summary>
    [Range(0, 1_000)]
    public int MaxRetries { get; set; } = 3;

    /// <summary>Seconds, up to twice as many, after which a waiting worker looks again by itself. News wakes it sooner.</summary>
    [Range(1, 60)]
    public int PollSeconds { get; set; } = 1;

    /// <summary>Seconds between two passes that compute integration costs.</summary>
    [Range(0.01, 86_400)]
    public double CostIntervalSeconds { get; set; } = 5;

    /// <summary>Entries of one notebook whose costs are computed in one transaction.</summary>
    [Range(1, 1_000)]
    public int CostBatch { get; set; } = 50;
}
