using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>The seed's <c>BatchAttestationResult</c>, with a result for each item beside.</summary>
/// <param name="listName">What lists that which succeeded: <c>attestations</c> or <c>deleted</c>; null where the client wants no list.</param>
/// <param name="itemName">What a line of a stream calls that which it carries; null where results carry nothing.</param>
internal sealed class AttestationFormat(string? listName, string? itemName) : ItemFormat
{
    public static readonly AttestationFormat Created = new("attestations", "attestation");

    public static readonly AttestationFormat CreatedMinimal = new(null, null);

    public static readonly AttestationFormat Deleted = new("deleted", null);

    public override string? DataName => listName;

    public override bool AlwaysHasErrors => true;

    public override void WriteResult(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, outcome.Index);
        if ((outcome.Id ?? outcome.Error?.Id) is { } id)
            writer.WriteString("id"u8, id);
        writer.WriteString("status"u8, outcome.Status.WireName());
        if (outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
        {
            if (isLine && itemName is not null && outcome.Rows is [var row, ..])
            {
                writer.WritePropertyName(itemName);
                writer.WriteRawValue(row.Span, skipInputValidation: true);
            }
        }
        else if (outcome.Error is { } error)
        {
            WriteError(writer, error);
        }
        else
        {
            writer.WriteString("code"u8, (outcome.Status == ItemStatus.RolledBack ? ErrorCodes.RolledBack : ErrorCodes.NotExecuted).Name);
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

    private static void WriteError(Utf8JsonWriter writer, Error error)
    {
        writer.WriteNumber("status_code"u8, error.Code.Status);
        writer.WriteString("code"u8, error.Code.Name);
        writer.WriteString("error"u8, error.Detail);
        if (error.Pointer is not null)
            writer.WriteString("pointer"u8, error.Pointer);
    }
}
