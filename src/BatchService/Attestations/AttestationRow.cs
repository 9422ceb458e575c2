using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Attestations;

/// <summary>An attestation as it is stored.</summary>
internal sealed class AttestationRow
{
    public required string Id { get; init; }

    public required string[] Subjects { get; init; }

    public required string[] Predicates { get; init; }

    public required string[] Contexts { get; init; }

    /// <summary>The contexts in lower case, by which they are found; null where they are in lower case anyway.</summary>
    public string[]? ContextsFolded { get; init; }

    public required string[] Actors { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public required string Source { get; init; }

    /// <summary>A JSON object; null without attributes.</summary>
    public string? Attributes { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The subject of the caller who stored it.</summary>
    public required string CreatedBy { get; init; }
}

/// <summary>Maps <see cref="AttestationRow"/>.</summary>
internal sealed class AttestationConfiguration : IEntityTypeConfiguration<AttestationRow>
{
    public void Configure(EntityTypeBuilder<AttestationRow> builder)
    {
        builder.ToTable("attestation");
        builder.HasKey(row => row.Id).HasName("attestation_pkey");
        builder.Property(row => row.Id).HasColumnName("id");
        builder.Property(row => row.Subjects).HasColumnName("subjects");
        builder.Property(row => row.Predicates).HasColumnName("predicates");
        builder.Property(row => row.Contexts).HasColumnName("contexts");
        builder.Property(row => row.ContextsFolded).HasColumnName("contexts_folded");
        builder.Property(row => row.Actors).HasColumnName("actors");
        builder.Property(row => row.Timestamp).HasColumnName("timestamp");
        builder.Property(row => row.Source).HasColumnName("source");
        builder.Property(row => row.Attributes).HasColumnName("attributes").HasColumnType("jsonb");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.CreatedBy).HasColumnName("created_by");
        // One index for the four lists: each of them alone, and any of them together, is a search in it.
        builder.HasIndex(row => new { row.Subjects, row.Predicates, row.Contexts, row.Actors }, "attestation_lists_idx").HasMethod("gin");
        builder.HasIndex(row => row.ContextsFolded, "attestation_contexts_folded_idx")
            .HasMethod("gin")
            .HasFilter("contexts_folded IS NOT NULL");
        builder.HasIndex(row => new { row.Timestamp, row.Id }, "attestation_timestamp_idx");
    }
}
