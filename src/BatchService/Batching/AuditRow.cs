using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Batching;

/// <summary>Who wrote when by which request. It says nothing about what was written.</summary>
internal sealed class AuditRow
{
    /// <summary>A UUIDv7: ordered by when the request came.</summary>
    public Guid BatchId { get; init; }

    public required string Caller { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Method and path template.</summary>
    public required string Route { get; init; }

    /// <summary><c>atomic</c>, <c>best_effort</c>, or, of an accepted job, <c>job</c>.</summary>
    public required string Mode { get; init; }

    public Guid? JobId { get; init; }

    /// <summary>Null while the batch runs, and for good when the service went before its end: then the data are the only witness.</summary>
    public long? Completed { get; init; }

    public long? Failed { get; init; }

    public long? Skipped { get; init; }

    /// <summary>Of an atomic batch until its COMMIT, of others until the end.</summary>
    public long? DurationMs { get; init; }

    public string? TraceId { get; init; }
}

/// <summary>Maps <see cref="AuditRow"/>.</summary>
internal sealed class AuditConfiguration : IEntityTypeConfiguration<AuditRow>
{
    public void Configure(EntityTypeBuilder<AuditRow> builder)
    {
        builder.ToTable("audit");
        builder.HasKey(row => row.BatchId).HasName("audit_pkey");
        builder.Property(row => row.BatchId).HasColumnName("batch_id").ValueGeneratedNever();
        builder.Property(row => row.Caller).HasColumnName("caller");
        builder.Property(row => row.At).HasColumnName("at");
        builder.Property(row => row.Route).HasColumnName("route");
        builder.Property(row => row.Mode).HasColumnName("mode");
        builder.Property(row => row.JobId).HasColumnName("job_id");
        builder.Property(row => row.Completed).HasColumnName("completed");
        builder.Property(row => row.Failed).HasColumnName("failed");
        builder.Property(row => row.Skipped).HasColumnName("skipped");
        builder.Property(row => row.DurationMs).HasColumnName("duration_ms");
        builder.Property(row => row.TraceId).HasColumnName("trace_id");
        builder.HasIndex(row => new { row.Caller, row.BatchId }, "audit_caller_idx");
        builder.HasIndex(row => row.JobId, "audit_job_id_idx").HasFilter("job_id IS NOT NULL");
    }
}
