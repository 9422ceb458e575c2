using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Jobs;

/// <summary>
/// A run of a job's items that one worker at a time processes. The row is the worker's lease; its fence only grows, and whoever writes
/// effects or results of the part proves, in the same transaction and first of all, that it still holds it.
/// </summary>
internal sealed class JobPartRow
{
    public Guid BatchJobId { get; init; }

    public int Part { get; init; }

    /// <summary>The index of the part's first item.</summary>
    public int FirstIndex { get; init; }

    public int ItemCount { get; init; }

    /// <summary><c>pending</c>, <c>running</c>, <c>done</c>.</summary>
    public required string Status { get; init; }

    public long Fence { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Which process holds the lease.</summary>
    public string? Owner { get; init; }

    /// <summary>How many leases in a row ran out, or ended in a defect, without any progress.</summary>
    public int Lost { get; init; }

    /// <summary>Not to be claimed before; null = at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>How many items are written together; less after a transaction that took too long.</summary>
    public int ChunkItems { get; init; }

    public int Processed { get; init; }

    public int Success { get; init; }

    public int Failed { get; init; }

    public int Skipped { get; init; }
}

/// <summary>The items of a job, a thousand to a row: as NDJSON, compressed by PostgreSQL.</summary>
internal sealed class JobInputRow
{
    public Guid BatchJobId { get; init; }

    /// <summary>The index of the block's first item.</summary>
    public int FirstIndex { get; init; }

    public int ItemCount { get; init; }

    public required byte[] Items { get; init; }
}

/// <summary>What one transaction decided: a line of NDJSON for each item.</summary>
internal sealed class JobResultRow
{
    public Guid BatchJobId { get; init; }

    /// <summary>The part whose items these are.</summary>
    public int Part { get; init; }

    /// <summary>Sorts by time within the part, and keeps the rows apart.</summary>
    public Guid Id { get; init; }

    public int FirstIndex { get; init; }

    public int LastIndex { get; init; }

    /// <summary>How many of the items did not succeed.</summary>
    public int FailedCount { get; init; }

    public DateTimeOffset ProcessedAt { get; init; }

    public required byte[] Results { get; init; }
}

/// <summary>Maps <see cref="JobPartRow"/>.</summary>
internal sealed class JobPartConfiguration : IEntityTypeConfiguration<JobPartRow>
{
    public void Configure(EntityTypeBuilder<JobPartRow> builder)
    {
        builder.ToTable("job_part");
        builder.HasKey(row => new { row.BatchJobId, row.Part }).HasName("job_part_pkey");
        builder.Property(row => row.BatchJobId).HasColumnName("batch_job_id");
        builder.Property(row => row.Part).HasColumnName("part");
        builder.Property(row => row.FirstIndex).HasColumnName("first_index");
        builder.Property(row => row.ItemCount).HasColumnName("item_count");
        builder.Property(row => row.Status).HasColumnName("status");
        builder.Property(row => row.Fence).HasColumnName("fence");
        builder.Property(row => row.LeaseUntil).HasColumnName("lease_until");
        builder.Property(row => row.Owner).HasColumnName("owner");
        builder.Property(row => row.Lost).HasColumnName("lost");
        builder.Property(row => row.NotBefore).HasColumnName("not_before");
        builder.Property(row => row.ChunkItems).HasColumnName("chunk_items");
        builder.Property(row => row.Processed).HasColumnName("processed");
        builder.Property(row => row.Success).HasColumnName("success");
        builder.Property(row => row.Failed).HasColumnName("failed");
        builder.Property(row => row.Skipped).HasColumnName("skipped");
        builder.HasIndex(row => new { row.BatchJobId, row.Part }, "job_part_unfinished_idx").HasFilter("status <> 'done'");
        builder.HasOne<JobRow>().WithMany().HasForeignKey(row => row.BatchJobId).HasConstraintName("job_part_job_fkey");
    }
}

/// <summary>Maps <see cref="JobInputRow"/>.</summary>
internal sealed class JobInputConfiguration : IEntityTypeConfiguration<JobInputRow>
{
    public void Configure(EntityTypeBuilder<JobInputRow> builder)
    {
        builder.ToTable("job_input");
        builder.HasKey(row => new { row.BatchJobId, row.FirstIndex }).HasName("job_input_pkey");
        builder.Property(row => row.BatchJobId).HasColumnName("batch_job_id");
        builder.Property(row => row.FirstIndex).HasColumnName("first_index");
        builder.Property(row => row.ItemCount).HasColumnName("item_count");
        builder.Property(row => row.Items).HasColumnName("items");
    }
}

/// <summary>Maps <see cref="JobResultRow"/>.</summary>
internal sealed class JobResultConfiguration : IEntityTypeConfiguration<JobResultRow>
{
    public void Configure(EntityTypeBuilder<JobResultRow> builder)
    {
        builder.ToTable("job_result");
        builder.HasKey(row => new { row.BatchJobId, row.Part, row.Id }).HasName("job_result_pkey");
        builder.Property(row => row.BatchJobId).HasColumnName("batch_job_id");
        builder.Property(row => row.Part).HasColumnName("part");
        builder.Property(row => row.Id).HasColumnName("id").ValueGeneratedNever();
        builder.Property(row => row.FirstIndex).HasColumnName("first_index");
        builder.Property(row => row.LastIndex).HasColumnName("last_index");
        builder.Property(row => row.FailedCount).HasColumnName("failed_count");
        builder.Property(row => row.ProcessedAt).HasColumnName("processed_at");
        builder.Property(row => row.Results).HasColumnName("results");
    }
}
