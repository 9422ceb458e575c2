using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Frames;

/// <summary>The one row of the atlas: which rebuilds were asked for, who is at it, and what the last one came to.</summary>
internal sealed class AtlasRow
{
    /// <summary>Always 1.</summary>
    public short Id { get; init; }

    /// <summary>How many rebuilds were asked for; each request has its number.</summary>
    public long Requested { get; init; }

    /// <summary>The last request that a rebuild was begun for.</summary>
    public long Claimed { get; init; }

    /// <summary>The last request that is met.</summary>
    public long Built { get; init; }

    /// <summary>When the first request came that no rebuild was begun for yet.</summary>
    public DateTimeOffset FirstAt { get; init; }

    /// <summary>When the next rebuild may begin.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>Until then a rebuild counts as running, by the database's clock; null: none runs.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Grows with every rebuild that is begun; only the latest may be stored.</summary>
    public long Fence { get; init; }

    /// <summary>The fence of the rebuild that is stored; 0 before the first one.</summary>
    public long Version { get; init; }

    /// <summary>The stored atlas has every frame that was committed before.</summary>
    public DateTimeOffset? BuildTimestamp { get; init; }

    public long FrameCount { get; init; }

    public long EdgeCount { get; init; }
}

/// <summary>Some of the nodes of a stored atlas.</summary>
internal sealed class AtlasPartRow
{
    public long Version { get; init; }

    public int Part { get; init; }

    /// <summary>See <see cref="AtlasParts"/>.</summary>
    public required byte[] Nodes { get; init; }
}

/// <summary>Maps <see cref="AtlasRow"/>.</summary>
internal sealed class AtlasConfiguration : IEntityTypeConfiguration<AtlasRow>
{
    public void Configure(EntityTypeBuilder<AtlasRow> builder)
    {
        builder.ToTable("atlas", table => table.HasCheckConstraint("atlas_id_check", "id = 1"));
        builder.HasKey(row => row.Id).HasName("atlas_pkey");
        builder.Property(row => row.Id).HasColumnName("id").ValueGeneratedNever();
        builder.Property(row => row.Requested).HasColumnName("requested");
        builder.Property(row => row.Claimed).HasColumnName("claimed");
        builder.Property(row => row.Built).HasColumnName("built");
        builder.Property(row => row.FirstAt).HasColumnName("first_at");
        builder.Property(row => row.DueAt).HasColumnName("due_at");
        builder.Property(row => row.LeaseUntil).HasColumnName("lease_until");
        builder.Property(row => row.Fence).HasColumnName("fence");
        builder.Property(row => row.Version).HasColumnName("version");
        builder.Property(row => row.BuildTimestamp).HasColumnName("build_timestamp");
        builder.Property(row => row.FrameCount).HasColumnName("frame_count");
        builder.Property(row => row.EdgeCount).HasColumnName("edge_count");
    }
}

/// <summary>Maps <see cref="AtlasPartRow"/>.</summary>
internal sealed class AtlasPartConfiguration : IEntityTypeConfiguration<AtlasPartRow>
{
    public void Configure(EntityTypeBuilder<AtlasPartRow> builder)
    {
        builder.ToTable("atlas_part");
        builder.HasKey(row => new { row.Version, row.Part }).HasName("atlas_part_pkey");
        builder.Property(row => row.Version).HasColumnName("version");
        builder.Property(row => row.Part).HasColumnName("part");
        builder.Property(row => row.Nodes).HasColumnName("nodes");
    }
}
