using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Batching;

/// <summary>A request that was sent with an <c>Idempotency-Key</c>, and its answer once there is one.</summary>
internal sealed class IdempotencyKeyRow
{
    /// <summary>The caller's subject: keys of different callers never meet.</summary>
    public required string Caller { get; init; }

    public required string Route { get; init; }

    public required string Key { get; init; }

    /// <summary>Tells a repeated request from another one under the same key.</summary>
    public required byte[] BodyHash { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Until then the request counts as running, by the database's clock.</summary>
    public DateTimeOffset LeaseUntil { get; init; }

    /// <summary>Grows with every claim; only the holder of the latest may write.</summary>
    public long Fence { get; init; }

    /// <summary>The HTTP status of the answer; null while the request runs.</summary>
    public int? Status { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The answer's body, byte for byte.</summary>
    public byte[]? Response { get; init; }

    /// <summary>The answer's <c>Batch-Succeeded</c>.</summary>
    public long? Succeeded { get; init; }

    /// <summary>The answer's <c>Batch-Failed</c>.</summary>
    public long? Failed { get; init; }

    /// <summary>The answer's <c>Location</c>.</summary>
    public string? Location { get; init; }
}

/// <summary>Maps <see cref="IdempotencyKeyRow"/>.</summary>
internal sealed class IdempotencyKeyConfiguration : IEntityTypeConfiguration<IdempotencyKeyRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyKeyRow> builder)
    {
        builder.ToTable("idempotency_key");
        builder.HasKey(row => new { row.Caller, row.Route, row.Key }).HasName("idempotency_key_pkey");
        builder.Property(row => row.Caller).HasColumnName("caller");
        builder.Property(row => row.Route).HasColumnName("route");
        builder.Property(row => row.Key).HasColumnName("key");
        builder.Property(row => row.BodyHash).HasColumnName("body_hash");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.ExpiresAt).HasColumnName("expires_at");
        builder.Property(row => row.LeaseUntil).HasColumnName("lease_until");
        builder.Property(row => row.Fence).HasColumnName("fence");
        builder.Property(row => row.Status).HasColumnName("status");
        builder.Property(row => row.ContentType).HasColumnName("content_type");
        builder.Property(row => row.Response).HasColumnName("response");
        builder.Property(row => row.Succeeded).HasColumnName("succeeded");
        builder.Property(row => row.Failed).HasColumnName("failed");
        builder.Property(row => row.Location).HasColumnName("location");
        builder.HasIndex(row => row.ExpiresAt, "idempotency_key_expires_at_idx");
    }
}
