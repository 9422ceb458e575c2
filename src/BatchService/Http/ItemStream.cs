using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.AspNetCore.WebUtilities;

namespace BatchService.Http;

/// <summary>
/// An NDJSON or CSV body as items. One that may have to be read again (an atomic batch), or whose hash is needed first (a key), waits for
/// its end on disk; every other is read as it arrives, and when the client pauses, the items that it has sent are written and answered.
/// </summary>
internal sealed class ItemStream : IDisposable
{
    private const int MemoryBytes = 1024 * 1024;

    private readonly List<IDisposable> _owned = [];

    public ItemSource? Source { get; private set; }

    public IdempotencyKey? Key { get; private set; }

    /// <summary>Why the body cannot be used; null when it can.</summary>
    public Error? Error { get; private set; }

    /// <summary>Opens the body of a request whose media type has been checked.</summary>
    /// <param name="route">What an idempotency key belongs to.</param>
    /// <param name="again">It may have to be read again.</param>
    /// <param name="maxBytes">Of the whole body, decompressed.</param>
    /// <param name="root">The place that pointers into the items begin with.</param>
    public static async Task<ItemStream> OpenAsync(
        HttpContext context, string route, MediaKind kind, bool again, string root, int maxLineBytes, long maxBytes, CancellationToken cancellationToken)
    {
        var result = new ItemStream();
        var (stream, error) = RequestBody.Open(context.Request, maxBytes, maxBytes);
        result.Error = error;
        if (stream is null)
            return result;
        result._owned.Add(stream);
        if (OperationCharge.Of(context) is { } charge)
            stream = new MeteredStream(stream, charge);
        var hasKey = context.Request.Headers.ContainsKey(IdempotencyHeader.Name);
        var pauses = again || hasKey ? null : new SenderPauses(context.RequestServices.GetRequiredService<TimeProvider>());
        if (pauses is null)
            stream = await result.BufferAsync(context, route, stream, hasKey, cancellationToken);
        if (result.Error is null && kind == MediaKind.Csv)
            await result.OpenCsvAsync(stream, pauses, maxLineBytes, cancellationToken);
        else
            result.Source = new ItemSource.Streamed(null, token => ReadLinesAsync(Rewound(stream), root, maxLineBytes, token), pauses);
        return result;
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
    }

    private async Task<Stream> BufferAsync(HttpContext context, string route, Stream stream, bool hasKey, CancellationToken cancellationToken)
    {
        var buffer = new FileBufferingReadStream(stream, MemoryBytes);
        _owned.Add(buffer);
        await buffer.DrainAsync(cancellationToken);
        buffer.Position = 0;
        if (hasKey)
            (Key, Error) = IdempotencyHeader.Read(context, route, await SHA256.HashDataAsync(buffer, cancellationToken));
        buffer.Position = 0;
        return buffer;
    }

    private async Task OpenCsvAsync(Stream stream, SenderPauses? pauses, int maxLineBytes, CancellationToken cancellationToken)
    {
        var reader = new CsvReader(stream, maxLineBytes);
        Error = await reader.ReadHeaderAsync(cancellationToken);
        CsvReader? first = reader;
        Source = new ItemSource.Streamed(
            reader.Columns, token => ReadRecordsAsync(Interlocked.Exchange(ref first, null), stream, maxLineBytes, token), pauses);
    }

    /// <summary>Reads the records by a reader that is past the header, or, when there is none any more, from the start.</summary>
    private static async IAsyncEnumerable<ItemInput> ReadRecordsAsync(
        CsvReader? reader, Stream stream, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var records = reader ?? new CsvReader(Rewound(stream), maxLineBytes);
        if (reader is null)
            await records.ReadHeaderAsync(cancellationToken);
        await foreach (var row in records.ReadRowsAsync(cancellationToken))
            yield return new ItemInput(row.Index, default, row.Values, row.Error);
    }

    private static async IAsyncEnumerable<ItemInput> ReadLinesAsync(
        Stream stream, string root, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in NdjsonReader.ReadAsync(stream, maxLineBytes, cancellationToken))
        {
            var error = line.Error ?? JsonScanner.Scan(line.Json.Span, JsonPointer.Append(root, line.Index), line.Line);
            yield return new ItemInput(line.Index, error is null ? JsonElement.Parse(line.Json.Span) : default, null, error);
        }
    }

    private static Stream Rewound(Stream stream)
    {
        if (stream.CanSeek)
            stream.Position = 0;
        return stream;
    }
}
