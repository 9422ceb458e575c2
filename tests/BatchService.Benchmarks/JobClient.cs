using System.Buffers;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace BatchService.Benchmarks;

/// <summary>What a job gave.</summary>
/// <param name="Submission">From the first byte of the upload to the 202.</param>
/// <param name="Run">From the first claim to the end, as the service tells it.</param>
/// <param name="Resident">Bytes of memory of the process, sampled while the job ran.</param>
internal sealed record JobMeasurement(TimeSpan Submission, TimeSpan Run, IReadOnlyList<long> Resident);

/// <summary>Runs jobs of invoice lines to their ends.</summary>
internal sealed class JobClient(ServiceProcess service) : IDisposable
{
    private const int RowsPerPiece = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = service.Address,
        Timeout = TimeSpan.FromMinutes(10),
    };

    public async Task<JobMeasurement> RunAsync(int rows, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/batch/jobs?job_type=rows&entity=invoice_line&action=create")
        {
            Content = new RowContent(rows),
        };
        using var answer = await _client.SendAsync(request, cancellationToken);
        var submission = watch.Elapsed;
        if (answer.Headers.Location is not { } job)
            throw new InvalidOperationException($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        var resident = new List<long>();
        JsonElement status;
        do
        {
            await Task.Delay(Interval, cancellationToken);
            resident.Add(service.Resident);
            status = JsonElement.Parse(await _client.GetByteArrayAsync(job, cancellationToken));
        }
        while (status.GetProperty("result").ValueKind == JsonValueKind.Null);
        if (status.GetProperty("success_items").GetInt32() != rows)
            throw new InvalidOperationException($"Not all of {rows} rows were written: {status}");
        var run = TimeSpan.FromMilliseconds(status.GetProperty("result").GetProperty("total_time_ms").GetDouble());
        using var removed = await _client.DeleteAsync(job, cancellationToken);
        return new JobMeasurement(submission, run, resident);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Rows as NDJSON, made as they are sent.</summary>
    private sealed class RowContent : HttpContent
    {
        private readonly int _rows;

        public RowContent(int rows)
        {
            _rows = rows;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            var piece = new ArrayBufferWriter<byte>(128 * 1024);
            for (var first = 0; first < _rows; first += RowsPerPiece)
            {
                piece.ResetWrittenCount();
                InvoiceLines.WriteLines(piece, first, Math.Min(RowsPerPiece, _rows - first));
                await stream.WriteAsync(piece.WrittenMemory);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
