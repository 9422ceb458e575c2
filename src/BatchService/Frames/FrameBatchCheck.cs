using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>A batch after the check: frames to be stored, or the result that says why none is.</summary>
/// <param name="Warnings">What is ignored of the frames that are to be stored.</param>
/// <param name="Refused">Null when every frame is valid.</param>
internal sealed record CheckedFrames(IReadOnlyList<Frame> Frames, IReadOnlyList<FrameFault> Warnings, FrameBatchResult? Refused);

/// <summary>Checks a batch of frames, and words the refusal as the request's options ask for it.</summary>
internal static class FrameBatchCheck
{
    public const string RolledBack = "One or more frames failed to save (transaction rolled back)";
    public const string Aborted = "Transaction aborted due to validation failure in another frame";

    public static CheckedFrames Check(FrameBatchRequest request)
    {
        var faults = new List<FrameFault>();
        var warned = new List<FrameFault>();
        for (var index = 0; index < request.Frames.Count; index++)
        {
            var validation = FrameValidator.Validate(request.Frames[index]);
            var finding = new FrameFault(index, IdOf(request.Frames[index], index), validation);
            if (validation.Valid && validation.Warnings.Count > 0)
                warned.Add(finding);
            if (validation.Valid)
                continue;
            faults.Add(finding);
            if (request is { PreValidate: true, FailFast: true })
                break;
        }
        return faults.Count > 0
            ? new CheckedFrames([], [], Refuse(request, faults))
            : new CheckedFrames([.. request.Frames.Select(Frame.Of)], warned, null);
    }

    /// <summary>The whole batch is stored.</summary>
    public static FrameBatchResult Stored(CheckedFrames batch) =>
        new([], null, [.. batch.Frames.Select(frame => new FrameResult(frame.Id))], []) { Warnings = batch.Warnings };

    /// <summary>The store has failed: none is stored, or, where the outcome is unknown, nothing is said about any.</summary>
    public static FrameBatchResult Failed(IReadOnlyList<Frame> frames, Error error, bool isUnknown) =>
        new([], error.Detail, isUnknown ? [] : [.. frames.Select(frame => new FrameResult(frame.Id, error.Detail))], [error]);

    /// <summary>A frame without an id that could be one goes by its position.</summary>
    public static string IdOf(JsonElement frame, int index) =>
        frame.ValueKind == JsonValueKind.Object
        && frame.TryGetProperty("id", out var id)
        && id.ValueKind == JsonValueKind.String
        && id.GetString() is { Length: > 0 and <= FrameFields.MaxId } text
            ? text
            : $"(frame at index {index})";

    private static FrameBatchResult Refuse(FrameBatchRequest request, List<FrameFault> faults)
    {
        if (request.PreValidate)
            return new FrameBatchResult(faults, null, [], [.. faults.SelectMany(Problems)]);
        var words = faults.ToDictionary(
            fault => fault.Index,
            fault => $"Validation failed: {string.Join("; ", fault.Validation.Errors.Select(error => $"{error.Path}: {error.Message}"))}");
        return new FrameBatchResult(
            [],
            RolledBack,
            [.. request.Frames.Select((frame, index) => new FrameResult(IdOf(frame, index), words.GetValueOrDefault(index, Aborted)))],
            [.. faults.SelectMany(Problems)]);
    }

    private static IEnumerable<Error> Problems(FrameFault fault) => fault.Validation.Errors.Select(error =>
        new Error(ErrorCodes.ValidationFailed, $"{error.Path}: {error.Message}", $"/frames/{fault.Index}{error.Pointer}")
        {
            Index = fault.Index,
            Id = fault.FrameId,
        });
}
