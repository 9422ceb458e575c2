using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NpgsqlTypes;

namespace BatchService.Frames;

/// <summary>A stored frame: the columns that it is found by, and all of it as JSON. Written by <see cref="FrameWriter"/> alone.</summary>
internal sealed class FrameRow
{
    /// <summary>Of branch, jira and user: the characters that are indexed. The whole may be longer than an index takes.</summary>
    public const int IndexedCharacters = 100;

    /// <summary>The client's id; compared byte by byte, whatever the database's collation.</summary>
    public required string Id { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public required string Branch { get; init; }

    public required string[] ModuleScope { get; init; }

    public string? Jira { get; init; }

    public string? UserId { get; init; }

    public required string Content { get; init; }

    /// <summary>See <see cref="SearchWords"/>.</summary>
    public required NpgsqlTsVector Words { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The subject of the caller who wrote the id first.</summary>
    public required string CreatedBy { get; init; }
}

/// <summary>Maps <see cref="FrameRow"/>. Branch, jira and user are indexed by their first characters, in SQL of the migration.</summary>
internal sealed class FrameConfiguration : IEntityTypeConfiguration<FrameRow>
{
    public void Configure(EntityTypeBuilder<FrameRow> builder)
    {
        builder.ToTable("frame");
        builder.HasKey(row => row.Id).HasName("frame_pkey");
        builder.Property(row => row.Id).HasColumnName("id").UseCollation("C");
        builder.Property(row => row.Timestamp).HasColumnName("timestamp");
        builder.Property(row => row.Branch).HasColumnName("branch");
        builder.Property(row => row.ModuleScope).HasColumnName("module_scope");
        builder.Property(row => row.Jira).HasColumnName("jira");
        builder.Property(row => row.UserId).HasColumnName("user_id");
        builder.Property(row => row.Content).HasColumnName("content").HasColumnType("jsonb");
        builder.Property(row => row.Words).HasColumnName("words");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.UpdatedAt).HasColumnName("updated_at");
        builder.Property(row => row.CreatedBy).HasColumnName("created_by");
        builder.HasIndex(row => row.Words, "frame_words_idx").HasMethod("gin");
        builder.HasIndex(row => row.ModuleScope, "frame_module_scope_idx").HasMethod("gin");
        builder.HasIndex(row => new { row.Timestamp, row.Id }, "frame_timestamp_idx");
    }
}
