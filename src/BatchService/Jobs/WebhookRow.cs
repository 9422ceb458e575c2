using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BatchService.Jobs;

/// <summary>A webhook to be sent, being sent, or done with. Its fence and its attempts only grow; its end never changes.</summary>
internal sealed class WebhookRow
{
    /// <summary><c>msg_…</c>, the same on every attempt.</summary>
    public required string Id { get; init; }

    /// <summary>The subject of the caller who asked for it.</summary>
    public required string Caller { get; init; }

    public required string Url { get; init; }

    /// <summary>Host and port of the URL: who shares a receiver shares its bound.</summary>
    public required string Host { get; init; }

    public required string Event { get; init; }

    /// <summary>JSON, byte for byte.</summary>
    public required byte[] Data { get; init; }

    /// <summary>The time of the event.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary><c>pending</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Attempts that were begun.</summary>
    public int Attempt { get; init; }

    /// <summary>The number of claims; only the holder of the latest may note an outcome.</summary>
    public long Fence { get; init; }

    /// <summary>By the database's clock: the next attempt's time or, during an attempt, the end of its lease.</summary>
    public DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The HTTP status of the last attempt; null when it was not answered.</summary>
    public int? LastStatus { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? LastError { get; init; }
}

/// <summary>Maps <see cref="WebhookRow"/>.</summary>
internal sealed class WebhookConfiguration : IEntityTypeConfiguration<WebhookRow>
{
    public void Configure(EntityTypeBuilder<WebhookRow> builder)
    {
        builder.ToTable("webhook");
        builder.HasKey(row => row.Id).HasName("webhook_pkey");
        builder.Property(row => row.Id).HasColumnName("id");
        builder.Property(row => row.Caller).HasColumnName("caller");
        builder.Property(row => row.Url).HasColumnName("url");
        builder.Property(row => row.Host).HasColumnName("host");
        builder.Property(row => row.Event).HasColumnName("event");
        builder.Property(row => row.Data).HasColumnName("data");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at").HasDefaultValueSql("clock_timestamp()");
        builder.Property(row => row.State).HasColumnName("state").HasDefaultValue("pending");
        builder.Property(row => row.Attempt).HasColumnName("attempt").HasDefaultValue(0);
        builder.Property(row => row.Fence).HasColumnName("fence").HasDefaultValue(0L);
        builder.Property(row => row.DueAt).HasColumnName("due_at").HasDefaultValueSql("clock_timestamp()");
        builder.Property(row => row.FinishedAt).HasColumnName("finished_at");
        builder.Property(row => row.LastStatus).HasColumnName("last_status");
        builder.Property(row => row.LastError).HasColumnName("last_error");
        builder.HasIndex(row => row.DueAt, "webhook_due_at_idx").HasFilter("state = 'pending'");
        builder.HasIndex(row => row.FinishedAt, "webhook_finished_at_idx").HasFilter("finished_at IS NOT NULL");
    }
}
