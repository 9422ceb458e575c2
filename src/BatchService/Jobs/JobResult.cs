using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>The item states of a job.</summary>
internal static class JobItemStatus
{
    public const string Pending = "pending";
    public const string Processing = "processing";
    public const string Success = "success";
    public const string Failed = "failed";
    public const string Canceled = "canceled";
    public const string Skipped = "skipped";

    public static readonly IReadOnlyList<string> All = [Pending, Processing, Success, Failed, Canceled, Skipped];

    /// <summary>Those that come to an item because nothing was done with it.</summary>
    public static readonly IReadOnlyList<string> Unprocessed = [Pending, Processing, Canceled, Skipped];

    /// <summary>Null for what leaves the item as it was.</summary>
    public static string? Of(ItemOutcome outcome) => outcome.Status switch
    {
        ItemStatus.Completed or ItemStatus.Replayed => Success,
        ItemStatus.Failed => Failed,
        ItemStatus.Skipped or ItemStatus.RolledBack => Skipped,
        _ => null,
    };
}

/// <summary>What became of one item, as it is stored.</summary>
/// <param name="Output">What the item came to, as JSON; empty without.</param>
/// <param name="Pointer">The place inside the item that is to blame.</param>
internal sealed record JobResult(
    int Index, string Status, ReadOnlyMemory<byte> Output, string? ErrorCode, string? ErrorMessage, string? Pointer, DateTimeOffset ProcessedAt)
{
    /// <summary>Rows that are shown to nobody: other items of the part refer to them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> HiddenRows { get; init; } = [];

    /// <summary>The lines of some outcomes; those that left their item as it was are not told.</summary>
    /// <param name="offset">The item's index less the outcome's: a plan may count from the start of its part.</param>
    public static byte[] Write(IEnumerable<ItemOutcome> outcomes, int offset, JobOutput output)
    {
        var block = new ArrayBufferWriter<byte>(16 * 1024);
        using var writer = new Utf8JsonWriter(block, WireJson.Writing);
        foreach (var outcome in outcomes)
        {
            if (JobItemStatus.Of(outcome) is not { } status)
                continue;
            writer.WriteStartObject();
            writer.WriteNumber("i"u8, outcome.Index + offset);
            writer.WriteString("s"u8, status);
            if (outcome.Error is { } error)
                WriteError(writer, error, outcome.Index);
            else if (outcome.Status == ItemStatus.RolledBack)
                WriteError(writer, new Error(ErrorCodes.RolledBack, ErrorCodes.RolledBack.Title), outcome.Index);
            else if (outcome.Status == ItemStatus.Skipped)
                WriteError(writer, new Error(ErrorCodes.DependencyFailed, "Dependency failed"), outcome.Index);
            else
                WriteOutput(writer, outcome, output);
            writer.WriteEndObject();
            writer.Flush();
            writer.Reset();
            block.Write("\n"u8);
        }
        return block.WrittenSpan.ToArray();
    }

    public static JobResult Read(ReadOnlyMemory<byte> line, DateTimeOffset processedAt)
    {
        var json = JsonElement.Parse(line.Span);
        return new JobResult(
            json.GetProperty("i"u8).GetInt32(),
            json.GetProperty("s"u8).GetString()!,
            json.TryGetProperty("o"u8, out var output) ? Raw(output) : default,
            Text("c"),
            Text("e"),
            Text("p"),
            processedAt)
        {
            HiddenRows = json.TryGetProperty("h"u8, out var rows) ? [.. rows.EnumerateArray().Select(Raw)] : [],
        };

        static ReadOnlyMemory<byte> Raw(JsonElement value) => System.Text.Encoding.UTF8.GetBytes(value.GetRawText());

        string? Text(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    /// <summary>The same lines with other outputs.</summary>
    public static byte[] Redact(ReadOnlyMemory<byte> block, Func<JsonElement, byte[]> redact)
    {
        var redacted = new ArrayBufferWriter<byte>(block.Length);
        foreach (var line in JobLines.Split(block))
        {
            var json = JsonNode.Parse(line.Span)!.AsObject();
            if (json["o"] is { } output)
                json["o"] = JsonNode.Parse(redact(JsonElement.Parse(output.ToJsonString())));
            redacted.Write(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
            redacted.Write("\n"u8);
        }
        return redacted.WrittenSpan.ToArray();
    }

    /// <summary>What an earlier worker decided, so that it is not done again.</summary>
    public ItemOutcome ToReplayed(JobType type) => Status == JobItemStatus.Success
        ? type.Restore(this)
        : ItemOutcome.Failed(Index, new Error(
            ErrorCodes.All.FirstOrDefault(code => code.Name == ErrorCode) ?? ErrorCodes.ValidationFailed, ErrorMessage ?? "", Pointer));

    private static void WriteError(Utf8JsonWriter writer, Error error, int index)
    {
        writer.WriteString("c"u8, error.Code.Name);
        writer.WriteString("e"u8, error.Detail);
        if (error.Pointer is { } pointer)
            writer.WriteString("p"u8, WithinItem(pointer, index));
    }

    /// <summary>The item stands alone here: <c>/items/17/email</c> becomes <c>/email</c>.</summary>
    private static string WithinItem(string pointer, int index)
    {
        var mark = $"/{index}";
        var at = pointer.IndexOf(mark, StringComparison.Ordinal);
        var end = at + mark.Length;
        return at >= 0 && (end == pointer.Length || pointer[end] == '/') ? pointer[end..] : pointer;
    }

    private static void WriteOutput(Utf8JsonWriter writer, ItemOutcome outcome, JobOutput output)
    {
        writer.WritePropertyName("o"u8);
        output.Write(writer, outcome);
        if (outcome.Rows.Count == 0 || !output.HidesRows(outcome))
            return;
        writer.WriteStartArray("h"u8);
        foreach (var row in outcome.Rows)
            writer.WriteRawValue(row.Span, skipInputValidation: true);
        writer.WriteEndArray();
    }
}
