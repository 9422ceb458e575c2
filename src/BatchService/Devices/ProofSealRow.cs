using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Devices;

/// <summary>The Merkle tree over proofs that were sealed together; its leaves are in <see cref="ProofRow"/>.</summary>
internal sealed class ProofSealRow
{
    public Guid SealId { get; init; }

    public required byte[] Root { get; init; }

    public int ProofCount { get; init; }

    public DateTimeOffset SealedAt { get; init; }
}

/// <summary>Maps <see cref="ProofSealRow"/>.</summary>
internal sealed class ProofSealConfiguration : IEntityTypeConfiguration<ProofSealRow>
{
    public void Configure(EntityTypeBuilder<ProofSealRow> builder)
    {
        builder.ToTable("proof_seal");
        builder.HasKey(row => row.SealId).HasName("proof_seal_pkey");
        builder.Property(row => row.SealId).HasColumnName("seal_id").ValueGeneratedNever();
        builder.Property(row => row.Root).HasColumnName("root");
        builder.Property(row => row.ProofCount).HasColumnName("proof_count");
        builder.Property(row => row.SealedAt).HasColumnName("sealed_at");
    }
}
