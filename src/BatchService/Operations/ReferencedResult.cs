using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>The outcome of an operation that completed, now or in an earlier request, as references see it; each row is parsed when first asked for, and once.</summary>
internal sealed class ReferencedResult(ItemOutcome outcome)
{
    // A json column may nest deeper than a request may: it is read whatever its depth.
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly JsonElement?[] _rows = new JsonElement?[outcome.Rows.Count];
    private JsonElement? _meta;

    public int Count => _rows.Length;

    /// <summary>The row at <paramref name="index"/>, which must exist. Shares the memory of the outcome.</summary>
    public JsonElement Row(int index) => _rows[index] ??= JsonDocument.Parse(outcome.Rows[index], AnyDepth).RootElement;

    /// <summary><c>$status</c>, <c>$affected</c> and <c>$index</c> as the properties of one object.</summary>
    public JsonElement Meta => _meta ??= JsonSerializer.SerializeToElement(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["$status"] = ItemStatus.Completed.WireName(),
        ["$affected"] = outcome.Affected,
        ["$index"] = outcome.Index,
    });
}
