using System.Runtime.CompilerServices;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>One row of a CSV stream.</summary>
/// <param name="Index">Counts the rows after the header, from 0: the item's index.</param>
/// <param name="Line">The line on which the row begins, from 1: what an editor shows.</param>
/// <param name="Values">One for each column: null for an empty field, the empty string for a quoted empty one. Empty beside an
/// error.</param>
/// <param name="Error">With its index: this row alone is wrong. Without: the stream cannot be read on, and this is its last
/// element.</param>
internal readonly record struct CsvRow(int Index, long Line, string?[] Values, Error? Error);

/// <summary>Reads CSV (RFC 4180, comma, UTF-8, with a header row) in constant memory. Blank lines are skipped.</summary>
internal sealed class CsvReader(Stream stream, int maxRecordBytes) : IAsyncDisposable
{
    private readonly RecordReader _reader = new(stream, maxRecordBytes, quoted: true);

    /// <summary>The names of the header row, once it is read: not empty, without duplicates.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>Reads the header row; must be called first. What is wrong with it is wrong with the request.</summary>
    public async ValueTask<Error?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (!await ReadRecordAsync(cancellationToken))
        {
            return _reader.Error ?? new Error(ErrorCodes.MalformedJson, "The request body is empty: CSV needs a header row.");
        }

        var (names, fault, _) = CsvRecord.Split(_reader.Record.Span, 16);
        if (names is null)
        {
            return new Error(ErrorCodes.MalformedJson, $"The CSV header {fault}.");
        }

        if (Array.FindIndex(names, string.IsNullOrWhiteSpace) is >= 0 and var empty)
        {
            return new Error(ErrorCodes.MalformedJson, $"Column {empty + 1} of the CSV header has no name.");
        }

        var seen = new HashSet<string?>(StringComparer.Ordinal);
        if (Array.FindIndex(names, name => !seen.Add(name)) is >= 0 and var twice)
        {
            return new Error(ErrorCodes.MalformedJson, $"Column {twice + 1} of the CSV header has the name of an earlier one.");
        }

        Columns = names!;
        return null;
    }

    public async IAsyncEnumerable<CsvRow> ReadRowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var index = 0;
        while (await ReadRecordAsync(cancellationToken))
        {
            var (values, fault, broken) = CsvRecord.Split(_reader.Record.Span, Columns.Count);
            if (broken)
            {
                var error = new Error(ErrorCodes.MalformedJson, $"The CSV record at line {_reader.Line} {fault}.");
                yield return new CsvRow(index, _reader.Line, [], error);
                yield break;
            }

            yield return Row(index++, values, fault);
        }

        if (_reader.Error is { } readError)
        {
            yield return new CsvRow(index, _reader.Line, [], readError);
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private CsvRow Row(int index, string?[]? values, string? fault)
    {
        if (values is null)
        {
            var unreadable = new Error(ErrorCodes.MalformedJson, $"The CSV record at line {_reader.Line} {fault}.") { Index = index };
            return new CsvRow(index, _reader.Line, [], unreadable);
        }

        if (values.Length == Columns.Count)
        {
            return new CsvRow(index, _reader.Line, values, null);
        }

        var detail = $"The CSV record at line {_reader.Line} has {values.Length} fields where the header has {Columns.Count}.";
        return new CsvRow(index, _reader.Line, [], new Error(ErrorCodes.ValidationFailed, detail) { Index = index });
    }

    private async ValueTask<bool> ReadRecordAsync(CancellationToken cancellationToken)
    {
        while (await _reader.ReadAsync(cancellationToken))
        {
            if (!_reader.Record.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}
