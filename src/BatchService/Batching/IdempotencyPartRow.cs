using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Batching;

/// <summary>The outcomes of one committed part of a request with a key: a repeated request does not write it again.</summary>
internal sealed class IdempotencyPartRow
{
    public required string Caller { get; init; }

    public required string Route { get; init; }

    public required string Key { get; init; }

    /// <summary>Grows with every transaction of the request.</summary>
    public int Part { get; init; }

    public required byte[] Outcomes { get; init; }
}

/// <summary>Maps <see cref="IdempotencyPartRow"/>; parts go when their key goes.</summary>
internal sealed class IdempotencyPartConfiguration : IEntityTypeConfiguration<IdempotencyPartRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyPartRow> builder)
    {
        builder.ToTable("idempotency_part");
        builder.HasKey(row => new { row.Caller, row.Route, row.Key, row.Part }).HasName("idempotency_part_pkey");
        builder.Property(row => row.Caller).HasColumnName("caller");
        builder.Property(row => row.Route).HasColumnName("route");
        builder.Property(row => row.Key).HasColumnName("key");
        builder.Property(row => row.Part).HasColumnName("part");
        builder.Property(row => row.Outcomes).HasColumnName("outcomes");
        builder.HasOne<IdempotencyKeyRow>()
            .WithMany()
            .HasForeignKey(row => new { row.Caller, row.Route, row.Key })
            .HasConstraintName("idempotency_part_key_fkey")
            .OnDelete(DeleteBehavior.Cascade);
    }
}
