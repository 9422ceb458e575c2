using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>A job as it is asked for, its envelope read.</summary>
/// <param name="Options">An object.</param>
/// <param name="Metadata">An object; undefined when absent.</param>
/// <param name="Open">The items from the start; callable again.</param>
/// <param name="Header">The column names of a CSV body; null otherwise.</param>
internal sealed record JobOrder(
    string JobType,
    JsonElement Options,
    JsonElement Metadata,
    string? CallbackUrl,
    IReadOnlyList<string>? Header,
    Func<CancellationToken, IAsyncEnumerable<ItemInput>> Open)
{
    public const int MaxMetadataBytes = 16 * 1024;

    public const int MaxUrlLength = 2_048;

    /// <summary>The job whose items these are.</summary>
    public Guid? RetryOf { get; init; }

    /// <summary>The place that pointers to items begin with.</summary>
    public string Root { get; init; } = "/items";

    /// <summary>The place in the request of what is wrong with the options; null for what has no place in its body.</summary>
    public Func<string?, string?> PlaceInCall { get; init; } = pointer => pointer;

    /// <summary>Reads the envelope of a JSON body; what is wrong is added to <paramref name="errors"/>.</summary>
    public static JobOrder Read(JsonElement body, int maxItems, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var type = fields.Text("job_type", required: true, 64) ?? "";
        var items = fields.Raw("items");
        var count = items.ValueKind == JsonValueKind.Array ? items.GetArrayLength() : 0;
        if (items.ValueKind == JsonValueKind.Undefined)
            fields.Missing("items");
        else if (items.ValueKind != JsonValueKind.Array)
            fields.Invalid("items", "must be an array");
        else if (count == 0)
            errors.Add(new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one item", "/items"));
        else if (count > maxItems)
            errors.Add(TooMany(maxItems, "/items"));
        var options = ReadObject(fields, "options");
        var metadata = ReadObject(fields, "metadata");
        if (metadata.ValueKind == JsonValueKind.Object && Encoding.UTF8.GetByteCount(metadata.GetRawText()) > MaxMetadataBytes)
            fields.Invalid("metadata", TooLongMetadata);
        var callback = fields.Text("callback_url", required: false, MaxUrlLength);
        fields.RefuseOthers();
        return new JobOrder(type, options, metadata, callback, null, _ => Enumerate(items));
    }

    /// <summary>The order of a call that is to run as a job.</summary>
    /// <param name="root">The place of the items in the request.</param>
    public static JobOrder Of(string jobType, JsonObject options, ItemSource source, string root)
    {
        var stream = source as ItemSource.Streamed;
        return new JobOrder(
            jobType,
            JsonSerializer.SerializeToElement(options),
            default,
            null,
            stream?.Header,
            stream is null ? _ => Enumerate(((ItemSource.Json)source).Items) : stream.Open)
        { Root = root };
    }

    /// <summary>More items than a job may have.</summary>
    /// <param name="root">The place of the items in the request.</param>
    public static Error TooMany(int maxItems, string root) =>
        new(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({maxItems})", root);

    public static string TooLongMetadata { get; } = $"must not be longer than {MaxMetadataBytes} bytes";

    /// <summary>The elements of an array as items.</summary>
    public static IAsyncEnumerable<ItemInput> Enumerate(JsonElement items) => items.ValueKind == JsonValueKind.Array
        ? items.EnumerateArray().Select((item, index) => new ItemInput(index, item)).ToAsyncEnumerable()
        : AsyncEnumerable.Empty<ItemInput>();

    private static JsonElement ReadObject(FieldReader fields, string name)
    {
        var value = fields.Raw(name);
        if (value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Object))
            fields.Invalid(name, "must be an object");
        return value;
    }
}
