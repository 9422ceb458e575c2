using System.Text.Json;

namespace BatchService.Batching;

/// <summary>A checked item of a batch whose items are all of one kind.</summary>
internal interface IBatchItem
{
    /// <summary>Its position in the request, from 0.</summary>
    int Index { get; }
}

/// <summary>An item as it arrived: a JSON value, the fields of a CSV record, or what is wrong with its line.</summary>
/// <param name="Index">Its position in the request, from 0.</param>
internal readonly record struct ItemInput(int Index, JsonElement Json, IReadOnlyList<string?>? Fields = null, Error? Error = null);

/// <summary>What a field of a CSV record can be besides a text and null (an empty field).</summary>
internal static class CsvCell
{
    /// <summary>The column is not given in this record, as if the header did not have it. No CSV text has this character.</summary>
    public const string NotGiven = "\0";

    /// <summary>How a file says so, without quotes: as PostgreSQL's <c>COPY … DEFAULT</c>. In quotes it is a text like any other.</summary>
    public const string NotGivenMark = "\\D";
}

/// <summary>Items that are written, committed and answered together.</summary>
/// <param name="First">The index of the first item.</param>
/// <param name="Count">How many items arrived, good and bad.</param>
/// <param name="Items">Those that may be written.</param>
/// <param name="Refused">The others, with the first error of each.</param>
/// <param name="Errors">Every error of the refused items.</param>
/// <param name="IsLast">True when it is known that no item follows.</param>
internal sealed record ItemChunk<TItem>(
    int First, int Count, IReadOnlyList<TItem> Items, IReadOnlyList<ItemOutcome> Refused, IReadOnlyList<Error> Errors, bool IsLast)
    where TItem : IBatchItem;
