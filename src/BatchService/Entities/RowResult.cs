using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Writes the result object of one row.</summary>
internal static class RowResult
{
    public static void Write(Utf8JsonWriter writer, ItemOutcome outcome)
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
