using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Frames;

/// <summary>
/// The envelope of <c>POST /frames/batch</c>, read strictly. The frames themselves are looked at later, and leniently.
/// </summary>
/// <param name="FailFast">Report the first invalid frame only.</param>
/// <param name="PreValidate">False: the store refuses invalid frames, in the words of the store.</param>
internal sealed record FrameBatchRequest(
    IReadOnlyList<JsonElement> Frames, bool FailFast, bool PreValidate, IReadOnlyList<FrameHook> OnSuccess)
{
    public const int MaxHooks = 16;
    public const int MaxUrl = 2_048;

    /// <summary>Reads the body; what is wrong with it is added to the list.</summary>
    public static FrameBatchRequest Parse(JsonElement body, int maxFrames, WebhookOptions webhooks, List<Error> errors)
    {
        var reader = new FieldReader(body, "", errors);
        var frames = ReadFrames(reader, maxFrames, errors);
        var options = reader.Raw("options");
        reader.RefuseOthers();
        return ParseOptions(options, reader.PlaceOf("options"), frames, webhooks, errors);
    }

    /// <summary>Reads the options alone.</summary>
    public static FrameBatchRequest ParseOptions(
        JsonElement options, string place, IReadOnlyList<JsonElement> frames, WebhookOptions webhooks, List<Error> errors)
    {
        if (options.ValueKind == JsonValueKind.Undefined)
            return new FrameBatchRequest(frames, FailFast: true, PreValidate: true, []);
        var option = new FieldReader(options, place, errors);
        var request = new FrameBatchRequest(
            frames, option.Flag("failFast") ?? true, option.Flag("preValidate") ?? true, ReadHooks(option, webhooks, errors));
        option.RefuseOthers();
        return request;
    }

    private static IReadOnlyList<JsonElement> ReadFrames(FieldReader reader, int maxFrames, List<Error> errors)
    {
        var frames = reader.Raw("frames");
        if (frames.ValueKind == JsonValueKind.Array)
        {
            var count = frames.GetArrayLength();
            if (count <= maxFrames)
                return [.. frames.EnumerateArray()];
            errors.Add(new Error(
                ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({maxFrames}). Requested: {count}", reader.PlaceOf("frames")));
            return [];
        }
        if (frames.ValueKind == JsonValueKind.Undefined && !reader.Has("frames"))
            reader.Missing("frames");
        else
            reader.Invalid("frames", "must be an array");
        return [];
    }

    private static List<FrameHook> ReadHooks(FieldReader options, WebhookOptions webhooks, List<Error> errors)
    {
        var hooks = new List<FrameHook>();
        var list = options.Raw("onSuccess");
        if (list.ValueKind == JsonValueKind.Undefined)
            return hooks;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxHooks)
        {
            options.Invalid("onSuccess", $"must be an array of at most {MaxHooks} hooks");
            return hooks;
        }
        var index = 0;
        foreach (var hook in list.EnumerateArray())
        {
            if (ReadHook(hook, JsonPointer.Append(options.PlaceOf("onSuccess"), index++), webhooks, errors) is { } known)
                hooks.Add(known);
        }
        return hooks;
    }

    private static FrameHook? ReadHook(JsonElement hook, string place, WebhookOptions webhooks, List<Error> errors)
    {
        if (hook.ValueKind == JsonValueKind.String && hook.ValueEquals(FrameHook.AtlasRebuild))
            return new FrameHook(null);
        if (hook.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, "A hook must be \"atlas_rebuild\" or {\"webhook\": url}", place));
            return null;
        }
        var reader = new FieldReader(hook, place, errors);
        var text = reader.Text("webhook", required: true, MaxUrl);
        reader.RefuseOthers();
        if (text is null)
            return null;
        if (WebhookUrl.Check(text, webhooks) is not { } refusal)
            return new FrameHook(text);
        errors.Add(refusal with { Pointer = reader.PlaceOf("webhook") });
        return null;
    }
}
