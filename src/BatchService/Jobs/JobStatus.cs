using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>How a job stands: what <c>GET /batch/jobs/{id}</c> tells. Counters are of what is committed, and only grow.</summary>
internal sealed record JobStatus(
    Guid JobId,
    string JobType,
    string Status,
    int TotalItems,
    int Success,
    int Failed,
    int Skipped,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset Now,
    string? ErrorMessage,
    string? Metadata,
    Guid? RetryOf,
    bool IsPruned)
{
    /// <summary>It is over, one way or another.</summary>
    public bool HasEnded => Status is "completed" or "failed" or "canceled";

    /// <summary>Kept for its time, and gone.</summary>
    public bool IsExpired => IsPruned || (ExpiresAt is { } expires && expires <= Now);

    /// <summary>Of a job that was canceled: what it did not come to.</summary>
    public int Canceled => Status == "canceled" ? TotalItems - Success - Failed - Skipped : 0;

    /// <summary>Of a job that gave up, also what it did not come to.</summary>
    public int AllSkipped => Status == "failed" ? TotalItems - Success - Failed : Skipped;

    /// <summary>Items whose state will not change any more; all of them in the end.</summary>
    public int Processed => Success + Failed + AllSkipped + Canceled;

    public double ProgressPercent => BatchReport.Rate(Processed, TotalItems);

    /// <summary>Seconds that the rest will take if it goes on as it went; null while nothing is known, 0 at the end.</summary>
    public double? EtaSeconds
    {
        get
        {
            if (HasEnded)
                return 0;
            if (StartedAt is not { } started || Processed == 0)
                return null;
            return Math.Round((Now - started).TotalSeconds / Processed * (TotalItems - Processed), 1);
        }
    }

    /// <summary>What <see cref="Write"/> writes.</summary>
    public byte[] ToJson()
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
            Write(writer);
        return json.ToArray();
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("batch_job_id", JobId);
        writer.WriteString("job_type", JobType);
        writer.WriteString("status", Status);
        writer.WriteNumber("total_items", TotalItems);
        writer.WriteNumber("processed_items", Processed);
        writer.WriteNumber("success_items", Success);
        writer.WriteNumber("failed_items", Failed);
        writer.WriteNumber("skipped_items", AllSkipped);
        writer.WriteNumber("canceled_items", Canceled);
        writer.WriteNumber("progress_percent", ProgressPercent);
        if (EtaSeconds is { } eta)
            writer.WriteNumber("eta_seconds", eta);
        else
            writer.WriteNull("eta_seconds");
        writer.WriteString("created_at", Rfc3339.Format(CreatedAt));
        WriteTime(writer, "started_at", StartedAt);
        WriteTime(writer, "completed_at", CompletedAt);
        WriteTime(writer, "expires_at", ExpiresAt);
        writer.WriteString("error_message", ErrorMessage);
        writer.WritePropertyName("metadata");
        writer.WriteRawValue(Metadata ?? "null");
        if (RetryOf is { } retryOf)
            writer.WriteString("retry_of", retryOf);
        WriteResult(writer);
        writer.WriteEndObject();
    }

    private void WriteResult(Utf8JsonWriter writer)
    {
        if (CompletedAt is not { } completed)
        {
            writer.WriteNull("result");
            return;
        }
        var milliseconds = StartedAt is { } started ? Math.Round((completed - started).TotalMilliseconds, 3) : 0;
        writer.WriteStartObject("result");
        writer.WriteNumber("total", TotalItems);
        writer.WriteNumber("success", Success);
        writer.WriteNumber("failed", Failed);
        writer.WriteNumber("success_rate", BatchReport.Rate(Success, TotalItems));
        writer.WriteNumber("total_time_ms", (long)milliseconds);
        writer.WriteNumber("avg_item_time_ms", TotalItems == 0 ? 0 : Math.Round(milliseconds / TotalItems, 3));
        writer.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time) =>
        writer.WriteString(name, time is { } value ? Rfc3339.Format(value) : null);
}
