using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Notebooks;

/// <summary>A notebook: entries in causal order, and the queue of the work that they need.</summary>
internal sealed class NotebookRow
{
    public Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The subject of who created it; may do everything.</summary>
    public required string Owner { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>The position of the latest entry. Raising it locks the row, which puts batches in order and leaves no gaps.</summary>
    public long CurrentSequence { get; init; }
}

/// <summary>Maps <see cref="NotebookRow"/>.</summary>
internal sealed class NotebookConfiguration : IEntityTypeConfiguration<NotebookRow>
{
    public void Configure(EntityTypeBuilder<NotebookRow> builder)
    {
        builder.ToTable("notebook");
        builder.HasKey(row => row.Id).HasName("notebook_pkey");
        builder.Property(row => row.Id).HasColumnName("id").ValueGeneratedNever();
        builder.Property(row => row.Name).HasColumnName("name");
        builder.Property(row => row.Owner).HasColumnName("owner");
        builder.Property(row => row.Created).HasColumnName("created");
        builder.Property(row => row.CurrentSequence).HasColumnName("current_sequence").HasDefaultValue(0L);
        builder.HasIndex(row => new { row.Owner, row.Created }, "notebook_owner_created_idx");
    }
}
