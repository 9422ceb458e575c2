using System.ComponentModel.DataAnnotations;

namespace BatchService.Jobs;

/// <summary>Settings of batch jobs.</summary>
internal sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>Parts that this process works on at a time; 0: it takes jobs and leaves the work to other processes.</summary>
    [Range(0, 64)]
    public int Workers { get; set; } = 2;

    /// <summary>Seconds after which the work of a worker that gave no sign goes to another one.</summary>
    [Range(1, 3_600)]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>Leases in a row that may be lost without progress before the job is given up as poison.</summary>
    [Range(1, 100)]
    public int MaxLostLeases { get; set; } = 3;

    /// <summary>Milliseconds between two looks for work; a notification saves the waiting, and is not relied on.</summary>
    [Range(50, 60_000)]
    public int PollMilliseconds { get; set; } = 1_000;

    /// <summary>Unfinished jobs that a caller may have.</summary>
    [Range(1, 10_000)]
    public int MaxRunningPerCaller { get; set; } = 5;

    /// <summary>Items of one job.</summary>
    [Range(1, 10_000_000)]
    public int MaxItems { get; set; } = 1_000_000;

    /// <summary>Items of a job that is one transaction: they are in memory together.</summary>
    [Range(1, 1_000_000)]
    public int MaxAtomicItems { get; set; } = 100_000;

    /// <summary>Bytes of one job's body, decompressed.</summary>
    [Range(1_024, long.MaxValue)]
    public long MaxBytes { get; set; } = 1_073_741_824;

    /// <summary>Items that are claimed, and in the usual case written, together.</summary>
    [Range(1, 10_000)]
    public int PartItems { get; set; } = 1_000;

    /// <summary>Milliseconds that one transaction of a job should not exceed; what takes longer is written in smaller chunks.</summary>
    [Range(10, 9_000)]
    public int ChunkMilliseconds { get; set; } = 2_000;

    /// <summary>Days that a finished job is kept.</summary>
    [Range(0.0001, 3_650)]
    public double KeepDays { get; set; } = 7;

    /// <summary>Days that the id of a job that was removed is still answered with 410.</summary>
    [Range(0.0001, 3_650)]
    public double RememberDays { get; set; } = 30;

    /// <summary>Hours that secrets stay in a job's results.</summary>
    [Range(0.0001, 8_760)]
    public double SecretHours { get; set; } = 24;

    /// <summary>Seconds between two runs of the pruning.</summary>
    [Range(1, 86_400)]
    public int PruneSeconds { get; set; } = 60;
}
