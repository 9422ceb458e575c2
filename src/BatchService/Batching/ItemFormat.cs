using System.Text.Json;

namespace BatchService.Batching;

/// <summary>The names of a batch's answer, in the spelling of the seed that its door comes from.</summary>
internal sealed record ItemNames(string StatusCode, string SuccessCount, string FailureCount, string SkippedCount, string SuccessRate)
{
    public static readonly ItemNames CamelCase = new("statusCode", "successCount", "failureCount", "skippedCount", "successRate");

    public static readonly ItemNames SnakeCase = new("status_code", "success_count", "failure_count", "skipped_count", "success_rate");
}

/// <summary>How a door whose items are all of one kind tells what became of them.</summary>
internal abstract class ItemFormat(ItemNames names)
{
    /// <summary>The member that lists what was written, in request order, beside the results; null where each result carries its own.</summary>
    public virtual string? DataName => null;

    /// <summary>The object <c>errors</c> is there also when it is empty.</summary>
    public virtual bool AlwaysHasErrors => false;

    /// <summary>What a batch without items is told; null: it is a success.</summary>
    public virtual Error? Empty => null;

    /// <summary>The member of <see cref="DataName"/> for a completed item.</summary>
    public virtual ReadOnlyMemory<byte> DataOf(ItemOutcome outcome) => outcome.Rows.Count > 0 ? outcome.Rows[0] : default;

    /// <summary>Writes the result object of one item.</summary>
    /// <param name="isLine">It stands alone in a line of NDJSON, and must carry all there is to tell.</param>
    public void WriteResult(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, outcome.Index);
        if ((outcome.Id ?? outcome.Error?.Id) is { } id)
            writer.WriteString("id"u8, id);
        writer.WriteString("status"u8, outcome.Status.WireName());
        if (outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
            WriteData(writer, outcome, isLine);
        else if (outcome.Error is { } error)
            WriteError(writer, error);
        else
            WriteCode(writer, outcome.Status == ItemStatus.RolledBack ? ErrorCodes.RolledBack : ErrorCodes.NotExecuted);
        writer.WriteEndObject();
    }

    /// <summary>Writes the members that sum the batch up into an open object.</summary>
    public void WriteTotals(Utf8JsonWriter writer, ItemBatchAnswer answer)
    {
        var totals = answer.Results.Totals;
        writer.WriteBoolean("success", answer.Success);
        writer.WriteBoolean("committed", answer.Committed);
        writer.WriteNumber("total", totals.Total);
        writer.WriteNumber(names.SuccessCount, totals.Successes);
        writer.WriteNumber(names.FailureCount, totals.Failures);
        writer.WriteNumber(names.SkippedCount, totals.Total - totals.Successes - totals.Failures);
        writer.WriteNumber(names.SuccessRate, totals.SuccessRate);
    }

    /// <summary>Adds to the result of a completed item what it came to.</summary>
    protected abstract void WriteData(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine);

    private void WriteError(Utf8JsonWriter writer, Error error)
    {
        WriteCode(writer, error.Code);
        writer.WriteString("error"u8, error.Detail);
        writer.WriteBoolean("retryable"u8, error.Code.Retryable);
        if (error.Pointer is not null)
            writer.WriteString("pointer"u8, error.Pointer);
        if (error.Constraint is not null)
            writer.WriteString("constraint"u8, error.Constraint);
    }

    private void WriteCode(Utf8JsonWriter writer, ErrorCode code)
    {
        writer.WriteNumber(names.StatusCode, code.Status);
        writer.WriteString("code"u8, code.Name);
    }
}
