using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>The results of a row batch: camelCase, as in <c>POST /batch</c>; each result carries its row.</summary>
internal sealed class RowFormat : ItemFormat
{
    public static readonly RowFormat Instance = new();

    public override Error? Empty { get; } = new(ErrorCodes.BatchEmpty, "Batch request must contain at least one item");

    public override void WriteResult(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, outcome.Index);
        writer.WriteString("status"u8, outcome.Status.WireName());
        switch (outcome.Status)
        {
            case ItemStatus.Completed or ItemStatus.Replayed:
                if (outcome.Results.Count > 0)
                    writer.WriteString("outcome"u8, outcome.Results[0]);
                if (outcome.Rows.Count > 0)
                {
                    writer.WritePropertyName("data"u8);
                    writer.WriteRawValue(outcome.Rows[0].Span, skipInputValidation: true);
                }
                break;
            case ItemStatus.Failed:
                WriteError(writer, outcome.Error!);
                break;
            default:
                var code = outcome.Status == ItemStatus.RolledBack ? ErrorCodes.RolledBack : ErrorCodes.NotExecuted;
                writer.WriteNumber("statusCode"u8, code.Status);
                writer.WriteString("code"u8, code.Name);
                break;
        }
        writer.WriteEndObject();
    }

    public override void WriteTotals(Utf8JsonWriter writer, ItemBatchAnswer answer)
    {
        var totals = answer.Results.Totals;
        writer.WriteBoolean("success", answer.Success);
        writer.WriteBoolean("committed", answer.Committed);
        writer.WriteNumber("total", totals.Total);
        writer.WriteNumber("successCount", totals.Successes);
        writer.WriteNumber("failureCount", totals.Failures);
        writer.WriteNumber("skippedCount", totals.Total - totals.Successes - totals.Failures);
        writer.WriteNumber("successRate", totals.SuccessRate);
    }

    private static void WriteError(Utf8JsonWriter writer, Error error)
    {
        writer.WriteNumber("statusCode"u8, error.Code.Status);
        writer.WriteString("code"u8, error.Code.Name);
        writer.WriteString("error"u8, error.Detail);
        writer.WriteBoolean("retryable"u8, error.Code.Retryable);
        if (error.Pointer is not null)
            writer.WriteString("pointer"u8, error.Pointer);
        if (error.Constraint is not null)
            writer.WriteString("constraint"u8, error.Constraint);
    }
}
