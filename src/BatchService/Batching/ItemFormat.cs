using System.Text.Json;

namespace BatchService.Batching;

/// <summary>How a door whose items are all of one kind tells what became of them: names are those of the seed that it comes from.</summary>
internal abstract class ItemFormat
{
    /// <summary>The member that lists what was written, in request order, beside the results; null where each result carries its own.</summary>
    public virtual string? DataName => null;

    /// <summary>The object <c>errors</c> is there also when it is empty.</summary>
    public virtual bool AlwaysHasErrors => false;

    /// <summary>What a batch without items is told; null: it is a success.</summary>
    public virtual Error? Empty => null;

    /// <summary>The member of <see cref="DataName"/> for a completed item.</summary>
    public virtual ReadOnlyMemory<byte> DataOf(ItemOutcome outcome) => outcome.Rows.Count > 0 ? outcome.Rows[0] : default;

    /// <summary>Writes the result object of one item.</summary>
    /// <param name="isLine">It stands alone in a line of NDJSON, and must carry all there is to tell.</param>
    public abstract void WriteResult(Utf8JsonWriter writer, ItemOutcome outcome, bool isLine);

    /// <summary>Writes the members that sum the batch up into an open object.</summary>
    public abstract void WriteTotals(Utf8JsonWriter writer, ItemBatchAnswer answer);
}
