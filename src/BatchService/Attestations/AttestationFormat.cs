using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>The seed's <c>BatchAttestationResult</c>, with a result for each item beside.</summary>
/// <param name="listName">What lists that which succeeded: <c>attestations</c> or <c>deleted</c>; null where the client wants no list.</param>
/// <param name="itemName">What a line of a stream calls that which it carries; null where results carry nothing.</param>
internal sealed class AttestationFormat(string? listName, string? itemName) : ItemFormat(ItemNames.SnakeCase)
{
    public static readonly AttestationFormat Created = new("attestations", "attestation");

    public static readonly AttestationFormat CreatedMinimal = new(null, null);

    public static readonly AttestationFormat Deleted = new("deleted", null);

    public override string? DataName => listName;

    public override bool AlwaysHasErrors => true;

    protected override void WriteData(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine)
    {
        if (!isLine || itemName is null || outcome.Rows is not [var row, ..])
            return;
        writer.WritePropertyName(itemName);
        writer.WriteRawValue(row.Span, skipInputValidation: true);
    }
}
