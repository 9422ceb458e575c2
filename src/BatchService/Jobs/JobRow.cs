using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Jobs;

/// <summary>A job: what was asked for, by whom, and how it ended. Its counters are the sums of its parts'.</summary>
internal sealed class JobRow
{
    public Guid BatchJobId { get; init; }

    /// <summary>The subject of the caller, whose job it is.</summary>
    public required string Caller { get; init; }

    /// <summary>Scopes, roles and claims of the caller when the job was submitted; it runs with no more than those.</summary>
    public required string CallerJson { get; init; }

    public required string JobType { get; init; }

    /// <summary><c>pending</c>, <c>processing</c>, <c>completed</c>, <c>failed</c>, <c>canceled</c>.</summary>
    public required string Status { get; init; }

    public int TotalItems { get; init; }

    /// <summary>What the job type needs besides the items: a JSON object.</summary>
    public required string Options { get; init; }

    /// <summary>The column names of a CSV body, whose items are arrays of fields; null otherwise.</summary>
    public string[]? Header { get; init; }

    public string? Metadata { get; init; }

    public string? CallbackUrl { get; init; }

    /// <summary>The job whose items this one tries again.</summary>
    public Guid? RetryOf { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When a finished job goes; null while it runs.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>Items, results and parts are removed; only this row is left, to say so.</summary>
    public bool IsPruned { get; init; }

    /// <summary>Secrets were taken out of the results.</summary>
    public bool IsRedacted { get; init; }
}

/// <summary>Maps <see cref="JobRow"/>.</summary>
internal sealed class JobConfiguration : IEntityTypeConfiguration<JobRow>
{
    public void Configure(EntityTypeBuilder<JobRow> builder)
    {
        builder.ToTable("job");
        builder.HasKey(row => row.BatchJobId).HasName("job_pkey");
        builder.Property(row => row.BatchJobId).HasColumnName("batch_job_id").ValueGeneratedNever();
        builder.Property(row => row.Caller).HasColumnName("caller");
        builder.Property(row => row.CallerJson).HasColumnName("caller_json").HasColumnType("jsonb");
        builder.Property(row => row.JobType).HasColumnName("job_type");
        builder.Property(row => row.Status).HasColumnName("status");
        builder.Property(row => row.TotalItems).HasColumnName("total_items");
        builder.Property(row => row.Options).HasColumnName("options").HasColumnType("jsonb");
        builder.Property(row => row.Header).HasColumnName("header");
        builder.Property(row => row.Metadata).HasColumnName("metadata").HasColumnType("jsonb");
        builder.Property(row => row.CallbackUrl).HasColumnName("callback_url");
        builder.Property(row => row.RetryOf).HasColumnName("retry_of");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.StartedAt).HasColumnName("started_at");
        builder.Property(row => row.CompletedAt).HasColumnName("completed_at");
        builder.Property(row => row.ExpiresAt).HasColumnName("expires_at");
        builder.Property(row => row.ErrorMessage).HasColumnName("error_message");
        builder.Property(row => row.IsPruned).HasColumnName("is_pruned");
        builder.Property(row => row.IsRedacted).HasColumnName("is_redacted");
        builder.HasIndex(row => new { row.Caller, row.BatchJobId }, "job_caller_idx");
        builder.HasIndex(row => row.Status, "job_unfinished_idx").HasFilter("status IN ('pending', 'processing')");
        builder.HasIndex(row => row.ExpiresAt, "job_expires_at_idx");
    }
}
