using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace BatchService.Benchmarks;

/// <summary>What an upload gave; all times from its start.</summary>
/// <param name="FirstResult">Until the first result line had come.</param>
/// <param name="Upload">Until the last row was sent.</param>
/// <param name="Total">Until the last line had come.</param>
/// <param name="Results">Lines of the answer.</param>
internal sealed record UploadResult(TimeSpan FirstResult, TimeSpan Upload, TimeSpan Total, int Results, string LastLine);

/// <summary>
/// Sends rows and reads results at the same time, over a plain socket: HttpClient does not read an HTTP/1.1 answer before it has sent the
/// whole request.
/// </summary>
internal static class NdjsonUpload
{
    private const int RowsPerPiece = 500;

    public static async Task<UploadResult> RunAsync(Uri address, string path, int rows, CancellationToken cancellationToken)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port, cancellationToken);
        await using var stream = client.GetStream();
        var start = Stopwatch.GetTimestamp();
        var reading = Task.Run(() => ReadAsync(stream, start, cancellationToken), cancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"""
            POST {path} HTTP/1.1
            Host: {address.Authority}
            Content-Type: application/x-ndjson
            Accept: application/x-ndjson
            Transfer-Encoding: chunked


            """.ReplaceLineEndings("\r\n")), cancellationToken);
        await WriteRowsAsync(stream, rows, cancellationToken);
        var upload = Stopwatch.GetElapsedTime(start);
        var (first, lines, last) = await reading;
        return new UploadResult(first, upload, Stopwatch.GetElapsedTime(start), lines, last);
    }

    private static async Task WriteRowsAsync(NetworkStream stream, int rows, CancellationToken cancellationToken)
    {
        var piece = new ArrayBufferWriter<byte>(64 * 1024);
        for (var first = 0; first < rows; first += RowsPerPiece)
        {
            piece.ResetWrittenCount();
            InvoiceLines.WriteLines(piece, first, Math.Min(RowsPerPiece, rows - first));
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{piece.WrittenCount:x}\r\n"), cancellationToken);
            piece.Write("\r\n"u8);
            await stream.WriteAsync(piece.WrittenMemory, cancellationToken);
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
    }

    private static async Task<(TimeSpan First, int Lines, string Last)> ReadAsync(
        NetworkStream stream, long start, CancellationToken cancellationToken)
    {
        var body = new ChunkedLines();
        var buffer = new byte[64 * 1024];
        var first = TimeSpan.Zero;
        while (!body.IsComplete && await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            body.Take(buffer.AsSpan(0, read));
            if (first == TimeSpan.Zero && body.Count > 0)
                first = Stopwatch.GetElapsedTime(start);
        }

        return (first, body.Count, body.Last);
    }
}
