using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>What the response of <c>POST /batch</c> is made of.</summary>
/// <param name="Fault">Why the rest was not executed, when it was no operation's fault (the deadline).</param>
internal sealed record BatchAnswer(CheckedBatch Batch, BatchReport Report, long DurationMs, Error? Fault = null)
{
    /// <summary>Every error of every failed operation.</summary>
    public IReadOnlyList<Error> Problems =>
    [
        .. Report.Outcomes
            .Where(outcome => outcome.Status == ItemStatus.Failed)
            .SelectMany(outcome => Batch.Operations[outcome.Index].Errors is { Count: > 0 } found
                ? found
                : [outcome.Error! with { Index = outcome.Index, Id = Batch.Operations[outcome.Index].Operation.Id }]),
    ];
}

/// <summary>Writes the members of the response of <c>POST /batch</c>.</summary>
internal static class BatchResponse
{
    /// <summary>Writes into an open object, which may hold the members of a problem already.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, BatchAnswer answer)
    {
        var report = answer.Report;
        writer.WriteBoolean("success", report.Success);
        writer.WriteBoolean("atomic", report.Atomic);
        writer.WriteBoolean("committed", report.Committed);
        writer.WriteNumber("total", report.Total);
        writer.WriteNumber("successCount", report.SuccessCount);
        writer.WriteNumber("failureCount", report.FailureCount);
        writer.WriteNumber("skippedCount", report.SkippedCount);
        writer.WriteNumber("successRate", report.SuccessRate);
        writer.WriteNumber("durationMs", answer.DurationMs);
        if (answer.Fault is { } fault)
            FaultJson.Write(writer, fault);
        writer.WriteStartObject("results");
        foreach (var outcome in report.Outcomes)
        {
            if (!answer.Batch.Options.OnlyFailed || outcome.Status is not (ItemStatus.Completed or ItemStatus.Replayed))
                WriteResult(writer, answer, outcome);
        }
        writer.WriteEndObject();
        WriteFailures(writer, answer);
    }

    private static void WriteFailures(Utf8JsonWriter writer, BatchAnswer answer)
    {
        var failed = answer.Report.Outcomes.Where(outcome => outcome.Status == ItemStatus.Failed).ToList();
        if (failed.Count == 0)
            return;
        writer.WriteStartArray("failedOperations");
        foreach (var outcome in failed)
            writer.WriteStringValue(answer.Batch.Operations[outcome.Index].Operation.Id);
        writer.WriteEndArray();
        writer.WriteStartObject("errors");
        foreach (var outcome in failed)
            writer.WriteString(outcome.Index.ToString(), outcome.Error!.Detail);
        writer.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter writer, BatchAnswer answer, ItemOutcome outcome)
    {
        var operation = answer.Batch.Operations[outcome.Index].Operation;
        writer.WriteStartObject(operation.Id);
        writer.WriteNumber("index", outcome.Index);
        writer.WriteString("status", outcome.Status.WireName());
        switch (outcome.Status)
        {
            case ItemStatus.Completed or ItemStatus.Replayed:
                WriteCompleted(writer, answer, operation, outcome);
                break;
            case ItemStatus.Failed:
                WriteFailed(writer, outcome.Error!);
                break;
            case ItemStatus.Skipped:
                writer.WriteNumber("statusCode", ErrorCodes.DependencyFailed.Status);
                writer.WriteString("reason", "Dependency failed");
                writer.WriteString("causedBy", answer.Batch.Operations[outcome.CausedBy!.Value].Operation.Id);
                break;
            default:
                WriteUndone(writer, answer, outcome);
                break;
        }
        writer.WriteEndObject();
    }

    private static void WriteCompleted(Utf8JsonWriter writer, BatchAnswer answer, Operation operation, ItemOutcome outcome)
    {
        var created = operation.Action == EntityAction.Create || outcome.Results.Contains("created", StringComparer.Ordinal);
        writer.WriteNumber("statusCode", created ? 201 : 200);
        WriteOutput(writer, answer.Batch, outcome);
    }

    /// <summary>What a completed operation came to, into an open object; a job's item tells the same.</summary>
    public static void WriteOutput(Utf8JsonWriter writer, CheckedBatch batch, ItemOutcome outcome)
    {
        writer.WriteNumber("affected", outcome.Affected);
        if (outcome.Results is [var single])
            writer.WriteString("outcome", single);
        if (outcome.Results.Count > 1)
        {
            writer.WriteStartArray("outcomes");
            foreach (var result in outcome.Results)
                writer.WriteStringValue(result);
            writer.WriteEndArray();
        }
        if (!ShowsRows(batch, outcome.Index))
            return;
        writer.WriteStartArray("data");
        foreach (var row in outcome.Rows)
            writer.WriteRawValue(row.Span, skipInputValidation: true);
        writer.WriteEndArray();
        if (outcome.Truncated)
            writer.WriteBoolean("truncated", true);
    }

    /// <summary>False for a row that is at hand only because another operation refers to it.</summary>
    public static bool ShowsRows(CheckedBatch batch, int index) => batch.Operations[index].Operation.Action switch
    {
        EntityAction.Read => true,
        EntityAction.Assert => false,
        _ => batch.Options.Representation,
    };

    private static void WriteFailed(Utf8JsonWriter writer, Error error)
    {
        writer.WriteNumber("statusCode", error.Code.Status);
        writer.WriteString("code", error.Code.Name);
        writer.WriteString("error", error.Detail);
        writer.WriteBoolean("retryable", error.Code.Retryable);
        if (error.Pointer is not null)
            writer.WriteString("pointer", error.Pointer);
        if (error.Constraint is not null)
            writer.WriteString("constraint", error.Constraint);
    }

    private static void WriteUndone(Utf8JsonWriter writer, BatchAnswer answer, ItemOutcome outcome)
    {
        var code = outcome.Status == ItemStatus.RolledBack ? ErrorCodes.RolledBack : ErrorCodes.NotExecuted;
        writer.WriteNumber("statusCode", code.Status);
        writer.WriteString("code", code.Name);
        writer.WriteString("reason", answer.Fault?.Detail ?? code.Title);
    }
}
