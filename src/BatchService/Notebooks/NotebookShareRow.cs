using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Notebooks;

/// <summary>What somebody other than the owner may do in a notebook.</summary>
internal sealed class NotebookShareRow
{
    public Guid NotebookId { get; init; }

    public required string Subject { get; init; }

    /// <summary><c>read</c>, <c>read_write</c> or <c>admin</c>.</summary>
    public required string Tier { get; init; }
}

/// <summary>Maps <see cref="NotebookShareRow"/>.</summary>
internal sealed class NotebookShareConfiguration : IEntityTypeConfiguration<NotebookShareRow>
{
    public void Configure(EntityTypeBuilder<NotebookShareRow> builder)
    {
        builder.ToTable("notebook_share");
        builder.HasKey(row => new { row.NotebookId, row.Subject }).HasName("notebook_share_pkey");
        builder.Property(row => row.NotebookId).HasColumnName("notebook_id");
        builder.Property(row => row.Subject).HasColumnName("subject");
        builder.Property(row => row.Tier).HasColumnName("tier");
        builder.HasIndex(row => row.Subject, "notebook_share_subject_idx");
        builder.HasOne<NotebookRow>().WithMany().HasForeignKey(row => row.NotebookId).HasConstraintName("notebook_share_notebook_id_fkey")
            .OnDelete(DeleteBehavior.Cascade);
    }
}
