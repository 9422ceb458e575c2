using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Notebooks;

/// <summary>How far the integration costs of a notebook are computed. Whoever computes locks the row: one process at a time.</summary>
internal sealed class NotebookCostRow
{
    public Guid NotebookId { get; init; }

    /// <summary>The costs of the entries up to here are known.</summary>
    public long Position { get; init; }

    /// <summary>The words of the notebook's catalog: the sum of the term vectors up to <see cref="Position"/>.</summary>
    public required string[] Terms { get; init; }

    public required double[] Weights { get; init; }
}

/// <summary>Maps <see cref="NotebookCostRow"/>.</summary>
internal sealed class NotebookCostConfiguration : IEntityTypeConfiguration<NotebookCostRow>
{
    public void Configure(EntityTypeBuilder<NotebookCostRow> builder)
    {
        builder.ToTable("notebook_cost");
        builder.HasKey(row => row.NotebookId).HasName("notebook_cost_pkey");
        builder.Property(row => row.NotebookId).HasColumnName("notebook_id").ValueGeneratedNever();
        builder.Property(row => row.Position).HasColumnName("position");
        builder.Property(row => row.Terms).HasColumnName("terms");
        builder.Property(row => row.Weights).HasColumnName("weights");
        builder.HasOne<NotebookRow>().WithOne().HasForeignKey<NotebookCostRow>(row => row.NotebookId)
            .HasConstraintName("notebook_cost_notebook_id_fkey").OnDelete(DeleteBehavior.Cascade);
    }
}
