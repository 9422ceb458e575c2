using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Devices;

/// <summary>An enrolled device.</summary>
internal sealed class DeviceRow
{
    public required string DeviceId { get; init; }

    /// <summary>Ed25519, 32 bytes.</summary>
    public required byte[] PublicKey { get; init; }

    public required string Platform { get; init; }

    public string? AppVersion { get; init; }

    /// <summary>SHA-256 of the token; the token itself is nowhere.</summary>
    public required byte[] TokenHash { get; init; }

    public DateTimeOffset TokenIssuedAt { get; init; }

    public DateTimeOffset TokenExpiresAt { get; init; }

    public DateTimeOffset EnrolledAt { get; init; }

    /// <summary>The subject of the caller who enrolled it.</summary>
    public required string EnrolledBy { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>Maps <see cref="DeviceRow"/>.</summary>
internal sealed class DeviceConfiguration : IEntityTypeConfiguration<DeviceRow>
{
    public void Configure(EntityTypeBuilder<DeviceRow> builder)
    {
        builder.ToTable("device");
        builder.HasKey(row => row.DeviceId).HasName("device_pkey");
        builder.Property(row => row.DeviceId).HasColumnName("device_id");
        builder.Property(row => row.PublicKey).HasColumnName("public_key");
        builder.Property(row => row.Platform).HasColumnName("platform");
        builder.Property(row => row.AppVersion).HasColumnName("app_version");
        builder.Property(row => row.TokenHash).HasColumnName("token_hash");
        builder.Property(row => row.TokenIssuedAt).HasColumnName("token_issued_at");
        builder.Property(row => row.TokenExpiresAt).HasColumnName("token_expires_at");
        builder.Property(row => row.EnrolledAt).HasColumnName("enrolled_at");
        builder.Property(row => row.EnrolledBy).HasColumnName("enrolled_by");
        builder.Property(row => row.UpdatedAt).HasColumnName("updated_at");
    }
}
