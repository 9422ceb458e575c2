using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Net.Http.Headers;

namespace BatchService.Entities;

/// <summary>The answer of <c>POST /entities/{entity}/batch</c>: one JSON document, or result lines and a summary line.</summary>
internal sealed class RowAnswerEndpoints(HttpContext context, Preferences preferences, bool asLines)
{
    /// <summary>True when the client wants NDJSON; an error when it wants neither that nor JSON.</summary>
    public static (bool AsLines, Error? Error) Negotiate(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) || accepted.Count == 0)
            return (false, null);
        foreach (var type in accepted.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1))
        {
            if (type.MediaType.Equals(RequestMedia.Ndjson, StringComparison.OrdinalIgnoreCase))
                return (true, null);
            if (type.MatchesAllTypes || type.MediaType.Equals(RequestMedia.Json, StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals("application/*", StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals(Problem.MediaType, StringComparison.OrdinalIgnoreCase))
                return (false, null);
        }
        return (false, new Error(ErrorCodes.NotAcceptable, "The endpoint answers in application/json or application/x-ndjson."));
    }

    /// <summary>The response body, for results that are sent as their chunk commits.</summary>
    public Stream OpenLive()
    {
        context.Response.ContentType = RequestMedia.Ndjson;
        return context.Response.Body;
    }

    public async Task WriteAsync(RowBatchEnd end, CancellationToken cancellationToken)
    {
        if (end.Errors.Count > 0)
            await Problem.WriteAsync(context, end.Errors, cancellationToken);
        else if (end.Stored is { } stored)
            await StoredAnswerWriter.WriteAsync(context, stored, cancellationToken);
        else
            await WriteAsync(end.Answer!, cancellationToken);
    }

    /// <summary>The whole answer as bytes, to be kept for a repetition of the request.</summary>
    public async Task<StoredAnswer> ShapeAsync(RowBatchAnswer answer)
    {
        using var body = new MemoryStream();
        await WriteBodyAsync(answer, body, withResults: true, CancellationToken.None);
        using var summary = new MemoryStream();
        await WriteBodyAsync(answer, summary, withResults: false, CancellationToken.None);
        return new StoredAnswer(StatusOf(answer), MediaTypeOf(answer), body.ToArray(), answer.Results.Totals.Successes, answer.Results.Totals.Failures)
        {
            Summary = summary.ToArray(),
        };
    }

    private async Task WriteAsync(RowBatchAnswer answer, CancellationToken cancellationToken)
    {
        await using var results = answer.Results;
        if (results.Totals.Total == 0 && !context.Response.HasStarted)
        {
            await Problem.WriteAsync(
                context, [new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one item")], cancellationToken);
            return;
        }
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusOf(answer);
            context.Response.ContentType = MediaTypeOf(answer);
            StoredAnswerWriter.SetCounts(context.Response, results.Totals.Successes, results.Totals.Failures);
        }
        await WriteBodyAsync(answer, context.Response.Body, withResults: true, cancellationToken);
    }

    private int StatusOf(RowBatchAnswer answer)
    {
        if (answer.Aborted)
            return ProblemSummary.Of(answer.Problems).Status;
        return answer.Success || preferences.MultiStatusOk ? StatusCodes.Status200OK : StatusCodes.Status207MultiStatus;
    }

    private string MediaTypeOf(RowBatchAnswer answer)
    {
        if (answer.Aborted)
            return Problem.MediaType;
        return asLines ? RequestMedia.Ndjson : RequestMedia.Json;
    }

    private async Task WriteBodyAsync(RowBatchAnswer answer, Stream target, bool withResults, CancellationToken cancellationToken)
    {
        if (asLines && !answer.Aborted)
        {
            if (withResults && answer.Results.Spool.Length > 0)
            {
                await answer.Results.Spool.CopyToAsync(target, cancellationToken);
                await target.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }
            await target.WriteAsync(Document(answer, "{\"summary\":", "}\n"), cancellationToken);
            return;
        }
        // The counts come first, so that a reader of a long answer need not wait for them; the results are copied behind.
        var head = Document(answer, "", "");
        await target.WriteAsync(head.AsMemory(0, head.Length - 1), cancellationToken);
        if (withResults)
        {
            await target.WriteAsync(",\"results\":["u8.ToArray(), cancellationToken);
            await answer.Results.Spool.CopyToAsync(target, cancellationToken);
            await target.WriteAsync("]"u8.ToArray(), cancellationToken);
        }
        if (answer.Results.ErrorTexts.Length > 0)
        {
            await target.WriteAsync(",\"errors\":{"u8.ToArray(), cancellationToken);
            await answer.Results.ErrorTexts.CopyToAsync(target, cancellationToken);
            await target.WriteAsync("}"u8.ToArray(), cancellationToken);
        }
        await target.WriteAsync("}"u8.ToArray(), cancellationToken);
    }

    private byte[] Document(RowBatchAnswer answer, string before, string after)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write(System.Text.Encoding.UTF8.GetBytes(before));
        using (var writer = new Utf8JsonWriter(buffer, Problem.Writing))
        {
            writer.WriteStartObject();
            if (answer.Aborted)
                Problem.WriteMembers(writer, answer.Problems, Problem.TraceId(context), "problems");
            var totals = answer.Results.Totals;
            writer.WriteBoolean("success", answer.Success);
            writer.WriteBoolean("committed", answer.Committed);
            writer.WriteNumber("total", totals.Total);
            writer.WriteNumber("successCount", totals.Successes);
            writer.WriteNumber("failureCount", totals.Failures);
            writer.WriteNumber("skippedCount", totals.Total - totals.Successes - totals.Failures);
            writer.WriteNumber("successRate", totals.SuccessRate);
            if (answer.Fault is { } fault)
                FaultJson.Write(writer, fault);
            writer.WriteEndObject();
        }
        buffer.Write(System.Text.Encoding.UTF8.GetBytes(after));
        return buffer.WrittenSpan.ToArray();
    }
}
