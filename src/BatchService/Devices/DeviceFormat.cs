using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>The results of batches of devices and proofs: snake_case, each result carries its data.</summary>
internal sealed class DeviceFormat(bool representation) : ItemFormat(ItemNames.SnakeCase)
{
    public static readonly DeviceFormat Full = new(representation: true);

    public static readonly DeviceFormat Minimal = new(representation: false);

    public override bool AlwaysHasErrors => true;

    public override Error? Empty { get; } = new(ErrorCodes.BatchEmpty, "Batch request must contain at least one item");

    protected override void WriteData(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        if (!representation || outcome.Rows is not [var row, ..])
            return;
        writer.WritePropertyName("data"u8);
        writer.WriteRawValue(row.Span, skipInputValidation: true);
    }
}
