using System.Text.Json;

namespace BatchService.Frames;

/// <summary>What is wrong with a frame at one place.</summary>
/// <param name="Path">As clients write it: <c>status_snapshot.next_action</c>, <c>keywords[1]</c>, <c>(root)</c>.</param>
/// <param name="Code"><c>INVALID_TYPE</c> (also a missing field), <c>INVALID_VALUE</c> or <c>TOO_BIG</c>.</param>
/// <param name="Pointer">The same place as a JSON pointer into the frame.</param>
internal sealed record FrameError(string Path, string Message, string Code, string Pointer);

/// <summary>What was ignored of a frame.</summary>
internal sealed record FrameWarning(string Path, string Message);

/// <summary>The verdict on one frame: every error and every warning, in the order of the fields.</summary>
internal sealed record FrameValidation(IReadOnlyList<FrameError> Errors, IReadOnlyList<FrameWarning> Warnings)
{
    public bool Valid => Errors.Count == 0;
}

/// <summary>Judges frames, without a look at anything but the frame.</summary>
internal static class FrameValidator
{
    public static FrameValidation Validate(JsonElement frame)
    {
        var findings = new FrameFindings();
        FrameFields.Frame.Check(frame, FramePlace.Root, findings);
        return findings.ToValidation();
    }
}
