using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Notebooks;

/// <summary>A piece of work on a notebook's entries, done by a worker outside.</summary>
internal sealed class NotebookJobRow
{
    public Guid NotebookId { get; init; }

    public Guid Id { get; init; }

    /// <summary>One of <see cref="NotebookJobTypes"/>.</summary>
    public required string JobType { get; init; }

    /// <summary>One of <see cref="JobStatuses"/>.</summary>
    public required string Status { get; init; }

    public required string Payload { get; init; }

    /// <summary>What the worker sent, whole.</summary>
    public string? Result { get; init; }

    /// <summary>Why the last try failed.</summary>
    public string? Error { get; init; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? ClaimedAt { get; init; }

    public string? ClaimedBy { get; init; }

    /// <summary>Until then, by the database's clock, the job is its worker's.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How many jobs its completion made; told again to a worker that repeats it.</summary>
    public int? FollowUpJobs { get; init; }

    public int RetryCount { get; init; }

    public int MaxRetries { get; init; }
}

/// <summary>Maps <see cref="NotebookJobRow"/>.</summary>
internal sealed class NotebookJobConfiguration : IEntityTypeConfiguration<NotebookJobRow>
{
    public void Configure(EntityTypeBuilder<NotebookJobRow> builder)
    {
        builder.ToTable("notebook_job");
        builder.HasKey(row => new { row.NotebookId, row.Id }).HasName("notebook_job_pkey");
        builder.Property(row => row.NotebookId).HasColumnName("notebook_id");
        builder.Property(row => row.Id).HasColumnName("id");
        builder.Property(row => row.JobType).HasColumnName("job_type");
        builder.Property(row => row.Status).HasColumnName("status").HasDefaultValue(JobStatuses.Pending);
        builder.Property(row => row.Payload).HasColumnName("payload").HasColumnType("jsonb");
        builder.Property(row => row.Result).HasColumnName("result").HasColumnType("jsonb");
        builder.Property(row => row.Error).HasColumnName("error");
        builder.Property(row => row.Created).HasColumnName("created");
        builder.Property(row => row.ClaimedAt).HasColumnName("claimed_at");
        builder.Property(row => row.ClaimedBy).HasColumnName("claimed_by");
        builder.Property(row => row.LeaseUntil).HasColumnName("lease_until");
        builder.Property(row => row.CompletedAt).HasColumnName("completed_at");
        builder.Property(row => row.FollowUpJobs).HasColumnName("follow_up_jobs");
        builder.Property(row => row.RetryCount).HasColumnName("retry_count").HasDefaultValue(0);
        builder.Property(row => row.MaxRetries).HasColumnName("max_retries");
        builder.HasIndex(row => new { row.NotebookId, row.Created, row.Id }, "notebook_job_pending_idx").HasFilter("status = 'pending'");
        builder.HasIndex(row => new { row.NotebookId, row.JobType, row.Created, row.Id }, "notebook_job_pending_type_idx")
            .HasFilter("status = 'pending'");
        builder.HasIndex(row => new { row.NotebookId, row.LeaseUntil }, "notebook_job_lease_idx").HasFilter("status = 'in_progress'");
        builder.HasIndex(row => new { row.NotebookId, row.JobType, row.Status }, "notebook_job_stats_idx");
        builder.HasOne<NotebookRow>().WithMany().HasForeignKey(row => row.NotebookId).HasConstraintName("notebook_job_notebook_id_fkey")
            .OnDelete(DeleteBehavior.Cascade);
    }
}
