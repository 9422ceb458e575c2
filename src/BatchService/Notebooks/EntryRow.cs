using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NpgsqlTypes;

namespace BatchService.Notebooks;

/// <summary>An entry of a notebook. Its content never changes; a revision is an entry of its own.</summary>
internal sealed class EntryRow
{
    public Guid NotebookId { get; init; }

    public Guid Id { get; init; }

    /// <summary>Its place in the notebook, from 1, without gaps.</summary>
    public long CausalPosition { get; init; }

    public required string Content { get; init; }

    public required string ContentType { get; init; }

    public string? Topic { get; init; }

    /// <summary>The author of record: the caller who wrote it.</summary>
    public required string Author { get; init; }

    /// <summary>What the request named as author; informational.</summary>
    public string? StatedAuthor { get; init; }

    public DateTimeOffset Created { get; init; }

    public Guid? RevisionOf { get; init; }

    public Guid? FragmentOf { get; init; }

    public int? FragmentIndex { get; init; }

    public required Guid[] References { get; init; }

    /// <summary>An array of <c>{text, confidence}</c>; written once.</summary>
    public required string Claims { get; init; }

    /// <summary><c>pending</c>, <c>distilled</c> or <c>verified</c>.</summary>
    public required string ClaimsStatus { get; init; }

    public string? ClaimsAuthor { get; init; }

    public string? ClaimsStatedAuthor { get; init; }

    /// <summary>An array of <c>{compared_against, entropy, friction, contradictions, computed_at, computed_by}</c>; only grows.</summary>
    public required string Comparisons { get; init; }

    public double? MaxFriction { get; init; }

    public bool NeedsReview { get; init; }

    public string? PrimaryTopic { get; init; }

    /// <summary>Zero until the background pass has computed it.</summary>
    public double IntegrationCost { get; init; }

    /// <summary>When <see cref="IntegrationCost"/> was computed; null: not yet.</summary>
    public DateTimeOffset? CostComputedAt { get; init; }

    /// <summary>What <see cref="IntegrationCost"/> is the sum of, as a JSON object; null: not computed yet.</summary>
    public string? CostComponents { get; init; }

    /// <summary>What full-text search looks at.</summary>
    public NpgsqlTsVector SearchText { get; init; } = null!;
}

/// <summary>Maps <see cref="EntryRow"/>.</summary>
internal sealed class EntryConfiguration : IEntityTypeConfiguration<EntryRow>
{
    // A tsvector holds 1 MiB of words and places; 100,000 characters stay below it whatever they are. A slash makes a word of its own of
    // a/path, whose parts nobody would find.
    private const string SearchSql =
        "setweight(to_tsvector('simple'::regconfig, replace(coalesce(topic, ''), '/', ' ')), 'A')"
        + " || setweight(to_tsvector('simple'::regconfig, replace(left(content, 100000), '/', ' ')), 'B')";

    public void Configure(EntityTypeBuilder<EntryRow> builder)
    {
        builder.ToTable("entry");
        builder.HasKey(row => new { row.NotebookId, row.Id }).HasName("entry_pkey");
        builder.Property(row => row.NotebookId).HasColumnName("notebook_id");
        builder.Property(row => row.Id).HasColumnName("id");
        builder.Property(row => row.CausalPosition).HasColumnName("causal_position");
        builder.Property(row => row.Content).HasColumnName("content");
        builder.Property(row => row.ContentType).HasColumnName("content_type");
        // "C": a prefix is a range then, whatever the database's own order of letters is.
        builder.Property(row => row.Topic).HasColumnName("topic").UseCollation("C");
        builder.Property(row => row.Author).HasColumnName("author");
        builder.Property(row => row.StatedAuthor).HasColumnName("stated_author");
        builder.Property(row => row.Created).HasColumnName("created");
        builder.Property(row => row.RevisionOf).HasColumnName("revision_of");
        builder.Property(row => row.FragmentOf).HasColumnName("fragment_of");
        builder.Property(row => row.FragmentIndex).HasColumnName("fragment_index");
        builder.Property(row => row.References).HasColumnName("references").HasDefaultValueSql("'{}'");
        builder.Property(row => row.Claims).HasColumnName("claims").HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        builder.Property(row => row.ClaimsStatus).HasColumnName("claims_status").HasDefaultValue("pending");
        builder.Property(row => row.ClaimsAuthor).HasColumnName("claims_author");
        builder.Property(row => row.ClaimsStatedAuthor).HasColumnName("claims_stated_author");
        builder.Property(row => row.Comparisons).HasColumnName("comparisons").HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        builder.Property(row => row.MaxFriction).HasColumnName("max_friction");
        builder.Property(row => row.NeedsReview).HasColumnName("needs_review").HasDefaultValue(false);
        builder.Property(row => row.PrimaryTopic).HasColumnName("primary_topic");
        builder.Property(row => row.IntegrationCost).HasColumnName("integration_cost").HasDefaultValue(0.0);
        builder.Property(row => row.CostComputedAt).HasColumnName("cost_computed_at");
        builder.Property(row => row.CostComponents).HasColumnName("cost_components").HasColumnType("jsonb");
        builder.Property(row => row.SearchText).HasColumnName("search_text").HasComputedColumnSql(SearchSql, stored: true);
        builder.HasIndex(row => new { row.NotebookId, row.CausalPosition }, "entry_notebook_id_causal_position_key").IsUnique();
        Index(builder);
        builder.HasOne<NotebookRow>().WithMany().HasForeignKey(row => row.NotebookId).HasConstraintName("entry_notebook_id_fkey")
            .OnDelete(DeleteBehavior.Cascade);
    }

    private static void Index(EntityTypeBuilder<EntryRow> builder)
    {
        builder.HasIndex(row => new { row.NotebookId, row.Topic, row.CausalPosition }, "entry_topic_idx");
        builder.HasIndex(row => new { row.NotebookId, row.Author, row.CausalPosition }, "entry_author_idx");
        builder.HasIndex(row => new { row.NotebookId, row.ClaimsStatus, row.CausalPosition }, "entry_claims_status_idx");
        builder.HasIndex(row => new { row.NotebookId, row.FragmentOf, row.FragmentIndex }, "entry_fragment_of_idx")
            .HasFilter("fragment_of IS NOT NULL");
        builder.HasIndex(row => new { row.NotebookId, row.RevisionOf, row.CausalPosition }, "entry_revision_of_idx")
            .HasFilter("revision_of IS NOT NULL");
        builder.HasIndex(row => new { row.NotebookId, row.CausalPosition }, "entry_needs_review_idx").HasFilter("needs_review");
        builder.HasIndex(row => new { row.NotebookId, row.MaxFriction }, "entry_max_friction_idx").HasFilter("max_friction IS NOT NULL");
        builder.HasIndex(row => new { row.NotebookId, row.CausalPosition }, "entry_cost_due_idx").HasFilter("cost_computed_at IS NULL");
        builder.HasIndex(row => row.NotebookId, "entry_topic_index_idx")
            .HasFilter("topic LIKE 'index/topic/%' AND claims_status IN ('distilled', 'verified')");
        builder.HasIndex(row => row.References, "entry_references_idx").HasMethod("gin");
        builder.HasIndex(row => row.SearchText, "entry_search_text_idx").HasMethod("gin");
    }
}
