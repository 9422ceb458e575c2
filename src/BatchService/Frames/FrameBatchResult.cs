using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>A frame of a batch of which something is to be said: it is invalid, or something of it is ignored.</summary>
internal sealed record FrameFault(int Index, string FrameId, FrameValidation Validation);

/// <summary>What became of one frame in the store.</summary>
/// <param name="Error">Null when it is stored.</param>
internal sealed record FrameResult(string Id, string? Error = null);

/// <summary>What became of a batch of frames: all stored, or none.</summary>
/// <param name="StoreError">Why the store has taken none, when it was the store that refused.</param>
/// <param name="Results">One for each frame in request order; empty when the store was not asked, or when nobody knows.</param>
/// <param name="Problems">Every error of every frame for the problem that the answer is too; empty on success.</param>
internal sealed record FrameBatchResult(
    IReadOnlyList<FrameFault> ValidationErrors, string? StoreError, IReadOnlyList<FrameResult> Results, IReadOnlyList<Error> Problems)
{
    /// <summary>What became of the hooks, in the order of the request.</summary>
    public IReadOnlyList<FrameHookResult> Hooks { get; init; } = [];

    /// <summary>What was ignored of frames that are stored.</summary>
    public IReadOnlyList<FrameFault> Warnings { get; init; } = [];

    public bool Success => Problems.Count == 0;

    public int Count => Success ? Results.Count : 0;

    /// <summary>How many frames are to blame: the invalid ones, or all that a failing store refused.</summary>
    public int Failed => Problems.Any(problem => problem.Index is null)
        ? Results.Count
        : Problems.DistinctBy(problem => problem.Index).Count();

    /// <summary>Writes the members into an open object, which may hold the members of a problem already.</summary>
    /// <param name="representation">False: without the result of each frame, as far as it is stored.</param>
    public void WriteMembers(Utf8JsonWriter writer, bool representation = true)
    {
        writer.WriteBoolean("success", Success);
        writer.WriteNumber("count", Count);
        writer.WriteStartArray("validationErrors");
        foreach (var fault in ValidationErrors)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", fault.Index);
            writer.WriteString("frameId", fault.FrameId);
            writer.WriteStartObject("validation");
            FrameValidationJson.WriteMembers(writer, fault.Validation);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        if (StoreError is not null)
            writer.WriteString("storeError", StoreError);
        writer.WriteStartArray("results");
        foreach (var result in Results.Where(result => representation || result.Error is not null))
        {
            writer.WriteStartObject();
            writer.WriteString("id", result.Id);
            writer.WriteBoolean("success", result.Error is null);
            if (result.Error is not null)
                writer.WriteString("error", result.Error);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        WriteWarnings(writer);
        WriteHooks(writer);
    }

    private void WriteWarnings(Utf8JsonWriter writer)
    {
        if (Warnings.Count == 0)
            return;
        writer.WriteStartArray("warnings");
        foreach (var warned in Warnings)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", warned.Index);
            writer.WriteString("frameId", warned.FrameId);
            FrameValidationJson.WriteWarnings(writer, warned.Validation);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private void WriteHooks(Utf8JsonWriter writer)
    {
        if (Hooks.Count == 0)
            return;
        writer.WriteStartArray("hooks");
        foreach (var hook in Hooks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", hook.Name);
            writer.WriteString("status", hook.Status);
            if (hook.Error is not null)
                writer.WriteString("error", hook.Error);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

/// <summary>Writes a verdict: <c>valid</c>, <c>errors</c>, <c>warnings</c>.</summary>
internal static class FrameValidationJson
{
    public static void WriteMembers(Utf8JsonWriter writer, FrameValidation validation)
    {
        writer.WriteBoolean("valid", validation.Valid);
        writer.WriteStartArray("errors");
        foreach (var error in validation.Errors)
        {
            writer.WriteStartObject();
            writer.WriteString("path", error.Path);
            writer.WriteString("message", error.Message);
            writer.WriteString("code", error.Code);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        WriteWarnings(writer, validation);
    }

    /// <summary>Writes the member <c>warnings</c> alone.</summary>
    public static void WriteWarnings(Utf8JsonWriter writer, FrameValidation validation)
    {
        writer.WriteStartArray("warnings");
        foreach (var warning in validation.Warnings)
        {
            writer.WriteStartObject();
            writer.WriteString("path", warning.Path);
            writer.WriteString("message", warning.Message);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
