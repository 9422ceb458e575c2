using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>A row as it arrived: a JSON value, the fields of a CSV record, or what is wrong with its line.</summary>
/// <param name="Index">Its position in the request, from 0.</param>
internal readonly record struct RowInput(int Index, JsonElement Json, IReadOnlyList<string?>? Fields = null, Error? Error = null);

/// <summary>Rows that are written, committed and answered together.</summary>
/// <param name="First">The index of the first row.</param>
/// <param name="Count">How many rows arrived, good and bad.</param>
/// <param name="Rows">Those that may be written.</param>
/// <param name="Refused">The others, with the first error of each.</param>
/// <param name="Errors">Every error of the refused rows.</param>
/// <param name="IsLast">True when it is known that no row follows.</param>
internal sealed record RowChunk(
    int First, int Count, IReadOnlyList<RowsOfItem> Rows, IReadOnlyList<ItemOutcome> Refused, IReadOnlyList<Error> Errors, bool IsLast);
