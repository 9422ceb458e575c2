using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Frames;

/// <summary>A frame as it is stored.</summary>
internal sealed class FrameRow
{
    public required string Id { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public required string Branch { get; init; }

    public required string[] ModuleScope { get; init; }
}

/// <summary>Maps <see cref="FrameRow"/>.</summary>
internal sealed class FrameConfiguration : IEntityTypeConfiguration<FrameRow>
{
    public void Configure(EntityTypeBuilder<FrameRow> builder)
    {
        builder.ToTable("frame");
        builder.HasKey(row => row.Id).HasName("frame_pkey");
        builder.Property(row => row.Id).HasColumnName("id");
        builder.Property(row => row.Timestamp).HasColumnName("timestamp");
        builder.Property(row => row.Branch).HasColumnName("branch");
        builder.Property(row => row.ModuleScope).HasColumnName("module_scope");
    }
}
