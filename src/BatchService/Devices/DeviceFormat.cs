using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>The results of batches of devices and proofs: snake_case, each result carries its data.</summary>
internal sealed class DeviceFormat(bool representation) : ItemFormat
{
    public static readonly DeviceFormat Full = new(representation: true);

    public static readonly DeviceFormat Minimal = new(representation: false);

    public override bool AlwaysHasErrors => true;

    public override Error? Empty { get; } = new(ErrorCodes.BatchEmpty, "Batch request must contain at least one item");

    public override void WriteResult(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, outcome.Index);
        writer.WriteString("status"u8, outcome.Status.WireName());
        if (outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
        {
            if (representation && outcome.Rows is [var row, ..])
            {
                writer.WritePropertyName("data"u8);
                writer.WriteRawValue(row.Span, skipInputValidation: true);
            }
        }
        else if (outcome.Error is { } error)
        {
            writer.WriteNumber("status_code"u8, error.Code.Status);
            writer.WriteString("code"u8, error.Code.Name);
            writer.WriteString("error"u8, error.Detail);
            writer.WriteBoolean("retryable"u8, error.Code.Retryable);
            if (error.Pointer is not null)
                writer.WriteString("pointer"u8, error.Pointer);
        }
        else
        {
            var code = outcome.Status == ItemStatus.RolledBack ? ErrorCodes.RolledBack : ErrorCodes.NotExecuted;
            writer.WriteNumber("status_code"u8, code.Status);
            writer.WriteString("code"u8, code.Name);
        }
        writer.WriteEndObject();
    }

    public override void WriteTotals(Utf8JsonWriter writer, ItemBatchAnswer answer)
    {
        var totals = answer.Results.Totals;
        writer.WriteBoolean("success", answer.Success);
        writer.WriteBoolean("committed", answer.Committed);
        writer.WriteNumber("total", totals.Total);
        writer.WriteNumber("success_count", totals.Successes);
        writer.WriteNumber("failure_count", totals.Failures);
        writer.WriteNumber("skipped_count", totals.Total - totals.Successes - totals.Failures);
        writer.WriteNumber("success_rate", totals.SuccessRate);
    }
}
