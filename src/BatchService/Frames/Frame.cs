using System.Buffers;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>A valid frame, ready to be stored: what it is found by, and all of it as JSON without unknown fields.</summary>
/// <param name="Content">UTF-8 JSON, fields in the order of <see cref="FrameFields"/>.</param>
/// <param name="Words">See <see cref="SearchWords"/>; of caption, reference point, next action, keywords and blockers.</param>
internal sealed record Frame(string Id, DateTimeOffset Timestamp, string Words, ReadOnlyMemory<byte> Content)
{
    /// <summary>Makes a frame of JSON that <see cref="FrameValidator"/> found valid.</summary>
    public static Frame Of(JsonElement frame)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(content, WireJson.Writing))
            FrameFields.Frame.Write(writer, frame);
        var isTime = Rfc3339.TryParse(frame.GetProperty("timestamp").GetString()!, out var timestamp);
        return isTime
            ? new Frame(frame.GetProperty("id").GetString()!, timestamp, string.Join(' ', SearchWords.Of(SearchTexts(frame))), content.WrittenMemory)
            : throw new ArgumentException("The frame was not validated.", nameof(frame));
    }

    private static IEnumerable<string> SearchTexts(JsonElement frame)
    {
        var status = frame.GetProperty("status_snapshot");
        return
        [
            frame.GetProperty("summary_caption").GetString()!,
            frame.GetProperty("reference_point").GetString()!,
            status.GetProperty("next_action").GetString()!,
            .. Texts(frame, "keywords"),
            .. Texts(status, "blockers"),
        ];
    }

    private static IEnumerable<string> Texts(JsonElement value, string name) =>
        value.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(text => text.GetString()!) : [];
}
