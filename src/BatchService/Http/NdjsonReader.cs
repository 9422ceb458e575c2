using System.Runtime.CompilerServices;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>One line of an NDJSON stream.</summary>
/// <param name="Index">Counts the lines that are not blank, from 0: the item's index.</param>
/// <param name="Line">Counts all lines, from 1: what an editor shows.</param>
/// <param name="Json">The bytes, not yet scanned; valid until the next line is asked for.</param>
/// <param name="Error">The line is too long; or, on the last element only, the stream cannot be read on: body too large, broken data.</param>
internal readonly record struct NdjsonLine(int Index, long Line, ReadOnlyMemory<byte> Json, Error? Error);

/// <summary>Reads NDJSON line by line in constant memory. Blank lines are skipped; the last line needs no line feed.</summary>
internal static class NdjsonReader
{
    public static async IAsyncEnumerable<NdjsonLine> ReadAsync(
        Stream stream, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = new LineReader(stream, maxLineBytes);
        var index = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.LineError is not null || reader.Line.Span.ContainsAnyExcept(" \t\r"u8))
            {
                yield return new NdjsonLine(index++, reader.Number, reader.Line, reader.LineError);
            }
        }

        if (reader.Error is { } error)
        {
            yield return new NdjsonLine(index, reader.Number, default, error);
        }
    }
}
