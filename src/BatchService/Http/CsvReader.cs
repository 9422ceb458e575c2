using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using BatchService.Batching;
using CsvHelper;

namespace BatchService.Http;

/// <summary>One row of a CSV stream.</summary>
/// <param name="Index">Counts the rows after the header, from 0: the item's index.</param>
/// <param name="Line">The line on which the row begins, from 1: what an editor shows.</param>
/// <param name="Values">
/// One for each column: null for an empty field, the empty string for a quoted empty one, <see cref="CsvCell.NotGiven"/> for an unquoted
/// <c>\D</c>. None beside an error.
/// </param>
/// <param name="Error">With its index: this row alone is wrong. Without: the stream cannot be read on, and this is its last element.</param>
internal readonly record struct CsvRow(int Index, long Line, string?[] Values, Error? Error);

/// <summary>
/// Reads CSV (RFC 4180, comma, UTF-8, with a header row) in constant memory. Blank lines are skipped. CsvHelper splits; what is NULL,
/// what is '' and what is not given is told apart here, by the quotes.
/// </summary>
internal sealed class CsvReader(Stream stream, int maxRecordBytes) : IAsyncDisposable
{
    private static readonly byte[] s_notGiven = Encoding.UTF8.GetBytes(CsvCell.NotGivenMark);

    /// <summary>Line feeds may be quoted: where the next record begins is known only to who has read this one.</summary>
    private const string NotRead = "Nothing after it was read.";

    private readonly CsvHelper.CsvReader _csv =
        CsvHelper.CsvReader.Create(new Utf8Only(stream), Options(maxRecordBytes), leaveOpen: true);
    private Error? _error;

    /// <summary>The names of the header row, once it is read: not empty, without duplicates.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>Reads the header row; must be called first. What is wrong with it is wrong with the request.</summary>
    public async ValueTask<Error?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (!await ReadAsync(cancellationToken))
        {
            return _error ?? new Error(ErrorCodes.MalformedJson, "The request body is empty: CSV needs a header row.");
        }

        if (!IsText())
        {
            return new Error(ErrorCodes.MalformedJson, "The CSV header has bytes that are not UTF-8 text.");
        }

        var names = Enumerable.Range(0, _csv.FieldCount).Select(column => _csv.GetString(column)).ToArray();
        if (Array.FindIndex(names, string.IsNullOrWhiteSpace) is >= 0 and var empty)
        {
            return new Error(ErrorCodes.MalformedJson, $"Column {empty + 1} of the CSV header has no name.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (Array.FindIndex(names, name => !seen.Add(name)) is >= 0 and var twice)
        {
            return new Error(ErrorCodes.MalformedJson, $"Column {twice + 1} of the CSV header has the name of an earlier one.");
        }

        Columns = names;
        return null;
    }

    public async IAsyncEnumerable<CsvRow> ReadRowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var index = 0;
        while (await ReadAsync(cancellationToken))
        {
            var error = Check(index);
            yield return new CsvRow(index++, _csv.LineNumber, error is null ? Values() : [], error);
        }

        if (_error is not null)
        {
            yield return new CsvRow(index, _csv.LineNumber, [], _error);
        }
    }

    public ValueTask DisposeAsync() => _csv.DisposeAsync();

    private static CsvReaderOptions Options(int maxRecordBytes) => new()
    {
        // The header is read as a record like any other: its quotes and limits are checked the same way.
        HasHeader = false,
        // Otherwise it is guessed from what stands in the first lines.
        Separator = ',',
        MaxRecordSize = maxRecordBytes,
        MalformedData = CsvMalformedDataHandling.Throw,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
    };

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_error is not null)
        {
            return false;
        }

        try
        {
            if (!await _csv.ReadAsync(cancellationToken))
            {
                return false;
            }

            // CsvHelper looks at its own limit only where a record does not fit its buffer.
            _error = _csv.RawRecord.Length > maxRecordBytes ? TooLong(_csv.LineNumber) : null;
        }
        catch (CsvFormatException exception)
        {
            // One exception type for both; its text names the setting.
            _error = exception.Message.Contains(nameof(CsvReaderOptions.MaxRecordSize), StringComparison.Ordinal)
                ? TooLong(exception.LineNumber)
                : new Error(ErrorCodes.MalformedJson, $"The CSV record at line {exception.LineNumber} has a double quote out of place, so that its end is not known. {NotRead}");
        }
        catch (BatchFaultException fault)
        {
            _error = fault.Error;
        }

        return _error is null;
    }

    private Error? Check(int index)
    {
        if (!IsText())
        {
            var detail = $"The CSV record at line {_csv.LineNumber} has bytes that are not UTF-8 text.";
            return new Error(ErrorCodes.MalformedJson, detail) { Index = index };
        }

        if (_csv.FieldCount != Columns.Count)
        {
            var detail = $"The CSV record at line {_csv.LineNumber} has {_csv.FieldCount} fields where the header has {Columns.Count}.";
            return new Error(ErrorCodes.ValidationFailed, detail) { Index = index };
        }

        return null;
    }

    private bool IsText() => Utf8.IsValid(_csv.RawRecord) && !_csv.RawRecord.Contains((byte)0);

    private string?[] Values()
    {
        var values = new string?[_csv.FieldCount];
        for (var i = 0; i < values.Length; i++)
        {
            var raw = _csv.GetRawSpan(i);
            values[i] = raw.SequenceEqual(s_notGiven) ? CsvCell.NotGiven : raw.IsEmpty ? null : _csv.GetString(i);
        }

        return values;
    }

    private Error TooLong(long line) => new(ErrorCodes.LineTooLong, $"The CSV record at line {line} is longer than {maxRecordBytes} bytes. {NotRead}");

    /// <summary>
    /// Refuses a stream that starts with a byte order mark of UTF-16 or UTF-32: CsvHelper would follow it, whatever encoding it is told.
    /// No UTF-8 text starts with these bytes.
    /// </summary>
    private sealed class Utf8Only(Stream inner) : ForwardStream
    {
        private bool _begun;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (!_begun && read > 0 && buffer.Span[0] is 0xFE or 0xFF or 0x00)
            {
                throw new BatchFaultException(new Error(ErrorCodes.MalformedJson, "The CSV is not UTF-8 text."));
            }

            _begun |= read > 0;
            return read;
        }
    }
}
