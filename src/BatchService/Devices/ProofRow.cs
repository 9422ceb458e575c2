using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Devices;

/// <summary>A proof: a device says that it had an asset at a time.</summary>
internal sealed class ProofRow
{
    /// <summary>A UUIDv7: its order is that of the locking.</summary>
    public Guid RecordId { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>The device's key at the time of the locking; the device may have changed it since.</summary>
    public required byte[] DevicePubkey { get; init; }

    /// <summary>SHA-256 of the asset.</summary>
    public required byte[] AssetHash { get; init; }

    public DateTimeOffset CaptureTimeUtc { get; init; }

    /// <summary>A JSON object; null without a place.</summary>
    public string? Geo { get; init; }

    /// <summary>Of <see cref="SignedText"/>, verified.</summary>
    public byte[]? Signature { get; init; }

    /// <summary>What was signed, to the letter; null without a signature.</summary>
    public string? SignedText { get; init; }

    public required string Shortcode { get; init; }

    public DateTimeOffset LockedAt { get; init; }

    /// <summary>The subject of the caller who locked it.</summary>
    public required string LockedBy { get; init; }

    /// <summary>The seal that it is part of; null until it is sealed.</summary>
    public Guid? SealId { get; init; }

    /// <summary>Its position among the leaves of the seal, from 0.</summary>
    public int? LeafPosition { get; init; }
}

/// <summary>Maps <see cref="ProofRow"/>.</summary>
internal sealed class ProofConfiguration : IEntityTypeConfiguration<ProofRow>
{
    public void Configure(EntityTypeBuilder<ProofRow> builder)
    {
        builder.ToTable("proof");
        builder.HasKey(row => row.RecordId).HasName("proof_pkey");
        builder.Property(row => row.RecordId).HasColumnName("record_id").ValueGeneratedNever();
        builder.Property(row => row.DeviceId).HasColumnName("device_id");
        builder.Property(row => row.DevicePubkey).HasColumnName("device_pubkey");
        builder.Property(row => row.AssetHash).HasColumnName("asset_hash");
        builder.Property(row => row.CaptureTimeUtc).HasColumnName("capture_time_utc");
        builder.Property(row => row.Geo).HasColumnName("geo").HasColumnType("jsonb");
        builder.Property(row => row.Signature).HasColumnName("signature");
        builder.Property(row => row.SignedText).HasColumnName("signed_text");
        builder.Property(row => row.Shortcode).HasColumnName("shortcode");
        builder.Property(row => row.LockedAt).HasColumnName("locked_at");
        builder.Property(row => row.LockedBy).HasColumnName("locked_by");
        builder.Property(row => row.SealId).HasColumnName("seal_id");
        builder.Property(row => row.LeafPosition).HasColumnName("leaf_position");
        builder.HasIndex(row => row.Shortcode, "proof_shortcode_key").IsUnique();
        builder.HasIndex(row => new { row.AssetHash, row.RecordId }, "proof_asset_hash_idx");
        builder.HasIndex(row => row.DeviceId, "proof_device_id_idx");
        builder.HasIndex(row => new { row.SealId, row.LeafPosition }, "proof_seal_idx").HasFilter("seal_id IS NOT NULL");
        builder.HasIndex(row => row.RecordId, "proof_unsealed_idx").HasFilter("seal_id IS NULL");
    }
}
