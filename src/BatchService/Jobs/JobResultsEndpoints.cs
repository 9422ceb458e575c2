using System.Text;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using CsvHelper;
using Npgsql;

namespace BatchService.Jobs;

/// <summary><c>GET /batch/jobs/{id}/results</c>: a download of any size, in constant memory.</summary>
internal static class JobResultsEndpoints
{
    private static readonly string[] s_statuses = ["success", "failed", "unprocessed"];
    private static readonly string[] s_formats = ["ndjson", "csv"];

    public static void MapJobResults(this IEndpointRouteBuilder routes) => routes
        .MapGet("/batch/jobs/{id}/results", DownloadAsync)
        .WithName("GetBatchJobResults")
        .WithTags("Jobs")
        .WithSummary("Download the items of a job with their results")
        .WithAnswer(StatusCodes.Status200OK, "A line for each item; a failed CSV can be imported again as it is.", RequestMedia.Ndjson, RequestMedia.Csv)
        .WithPathExample("id", JobExamples.UnknownId)
        .WithQueryParameter("format", "", "ndjson (default) or csv")
        .WithQueryParameter("status", "", "success, failed or unprocessed; all without it")
        .RefuseUnknownQuery("format", "status", JobCallerEndpoints.UserId)
        .WithUserId()
        .RequireScope("jobs:read");

    private static async Task DownloadAsync(
        HttpContext context, string id, NpgsqlDataSource database, JobItemReader reader, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var format = QueryText.ReadChoice(context.Request.Query, "format", s_formats, errors) ?? "ndjson";
        var status = QueryText.ReadChoice(context.Request.Query, "status", s_statuses, errors);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        if (await JobEndpoints.FindAsync(context, id, database, cancellationToken) is not { } job)
            return;
        IReadOnlyList<string>? statuses = status switch
        {
            null => null,
            "unprocessed" => JobItemStatus.Unprocessed,
            _ => [status],
        };
        var header = await reader.ReadHeaderAsync(job.JobId, cancellationToken);
        context.Response.ContentType = format == "csv" ? $"{RequestMedia.Csv}; charset=utf-8" : RequestMedia.Ndjson;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{job.JobId}{(status is null ? "" : $"-{status}")}.{format}\"";
        if (format == "csv")
            await WriteCsvAsync(context, status, () => reader.ReadAsync(job, statuses, -1, cancellationToken), header, cancellationToken);
        else
            await WriteLinesAsync(context, reader.ReadAsync(job, statuses, -1, cancellationToken), header, cancellationToken);
    }

    private static async Task WriteLinesAsync(
        HttpContext context, IAsyncEnumerable<JobItem> items, IReadOnlyList<string>? header, CancellationToken cancellationToken)
    {
        var body = new HeldBody(context.Response);
        await using var writer = new Utf8JsonWriter(body, WireJson.Writing);
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            item.Write(writer, header);
            await writer.FlushAsync(cancellationToken);
            writer.Reset();
            body.Write("\n"u8);
            await body.SendIfFullAsync(cancellationToken);
        }
        await body.SendAsync(cancellationToken);
    }

    /// <summary>The original columns, then what became of the row: an import of the file leaves the latter out of account.</summary>
    private static async Task WriteCsvAsync(
        HttpContext context, string? status, Func<IAsyncEnumerable<JobItem>> open, IReadOnlyList<string>? header, CancellationToken cancellationToken)
    {
        string[] extra = status switch
        {
            "failed" => [JobDownload.ErrorCode, JobDownload.ErrorMessage],
            "success" => ["output_data"],
            "unprocessed" => [],
            _ => ["status", "output_data", JobDownload.ErrorCode, JobDownload.ErrorMessage],
        };
        // A body that was such a download itself has the extra columns already; they are told anew, not twice.
        var columns = (header ?? await FindColumnsAsync(open(), cancellationToken)).ToList();
        var kept = columns.Count - (columns.Count >= extra.Length && columns.TakeLast(extra.Length).SequenceEqual(extra, StringComparer.Ordinal) ? extra.Length : 0);
        // Without any column there is no header row either: CSV has no empty one.
        if (kept + extra.Length == 0)
            return;
        var body = new HeldBody(context.Response);
        await using var csv = CsvWriter.Create(body, new CsvWriterOptions { NewLine = "\r\n" }, leaveOpen: true);
        await WriteRecordAsync(csv, columns.Take(kept).Concat(extra), cancellationToken);
        await foreach (var item in open().WithCancellation(cancellationToken))
        {
            await WriteRecordAsync(csv, FieldsOf(item, columns, header is not null).Take(kept).Concat(extra.Select(name => Extra(item, name))), cancellationToken);
            await body.SendIfFullAsync(cancellationToken);
        }
        await csv.FlushAsync(cancellationToken);
        await body.SendAsync(cancellationToken);
    }

    /// <summary>Of items that are JSON objects: every name that occurs, in the order of its first occurrence.</summary>
    private static async Task<IReadOnlyList<string>> FindColumnsAsync(IAsyncEnumerable<JobItem> items, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var columns = new List<string>();
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            var json = JsonElement.Parse(item.Line.Span);
            if (json.ValueKind == JsonValueKind.Object)
                columns.AddRange(json.EnumerateObject().Select(field => field.Name).Where(seen.Add));
        }
        return columns;
    }

    private static IEnumerable<string?> FieldsOf(JobItem item, IReadOnlyList<string> columns, bool isCsv)
    {
        var json = JsonElement.Parse(item.Line.Span);
        if (isCsv)
            return json.EnumerateArray().Select(field => field.GetString());
        return columns.Select(column => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(column, out var value) ? Text(value) : CsvCell.NotGiven);
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => value.GetRawText(),
    };

    private static string? Extra(JobItem item, string name) => name switch
    {
        "status" => item.Status,
        JobDownload.ErrorCode => item.ErrorCode,
        JobDownload.ErrorMessage => item.ErrorMessage,
        _ => item.Result is { Output.IsEmpty: false } result ? Encoding.UTF8.GetString(result.Output.Span) : null,
    };

    private static async Task WriteRecordAsync(CsvWriter csv, IEnumerable<string?> fields, CancellationToken cancellationToken)
    {
        foreach (var field in fields)
        {
            // In quotes, the texts that look like the absence of one stay apart from it.
            if (field is "" or CsvCell.NotGivenMark)
                csv.WriteField(field, CsvQuoting.Always);
            else
                csv.WriteField(field == CsvCell.NotGiven ? CsvCell.NotGivenMark : field ?? "", CsvQuoting.WhenNeededOrWhitespace);
        }
        await csv.EndRecordAsync(cancellationToken);
    }
}
