using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>The results of a row batch: camelCase, as in <c>POST /batch</c>; each result carries its row.</summary>
internal sealed class RowFormat() : ItemFormat(ItemNames.CamelCase)
{
    public static readonly RowFormat Instance = new();

    public override Error? Empty { get; } = new(ErrorCodes.BatchEmpty, "Batch request must contain at least one item");

    protected override void WriteData(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        if (outcome.Results.Count > 0)
            writer.WriteString("outcome"u8, outcome.Results[0]);
        if (outcome.Rows.Count == 0)
            return;
        writer.WritePropertyName("data"u8);
        writer.WriteRawValue(outcome.Rows[0].Span, skipInputValidation: true);
    }
}
