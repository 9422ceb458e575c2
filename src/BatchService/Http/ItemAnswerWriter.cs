using System.Buffers;
using System.Text;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.Net.Http.Headers;

namespace BatchService.Http;

/// <summary>The answer of a batch of items of one kind: one JSON document, or result lines and a summary line.</summary>
internal sealed class ItemAnswerWriter(HttpContext context, ItemFormat format, Preferences preferences, bool asLines)
{
    private static readonly MediaTypeHeaderValue s_json = new(RequestMedia.Json);

    private static readonly MediaTypeHeaderValue s_lines = new(RequestMedia.Ndjson);

    /// <summary>True when the client would rather have NDJSON than JSON.</summary>
    public static bool WantsLines(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Where(type => type.Quality is not 0)
            .OrderByDescending(type => type.Quality ?? 1)
            .FirstOrDefault(type => s_lines.IsSubsetOf(type) || s_json.IsSubsetOf(type)) is { } first
        && !s_json.IsSubsetOf(first);

    /// <summary>The response body, for results that are sent as their chunk commits. The counts follow it, where the protocol can do that.</summary>
    public Stream OpenLive()
    {
        context.Response.ContentType = RequestMedia.Ndjson;
        context.Response.OnStarting(() =>
        {
            StoredAnswerWriter.AnnounceCounts(context.Response);
            return Task.CompletedTask;
        });
        return context.Response.Body;
    }

    public async Task WriteAsync(ItemBatchEnd end, CancellationToken cancellationToken)
    {
        if (end.Errors.Count > 0)
            await Problem.WriteAsync(context, end.Errors, cancellationToken);
        else if (end.Stored is { } stored)
            await StoredAnswerWriter.WriteAsync(context, stored, cancellationToken);
        else
            await WriteAsync(end.Answer!, cancellationToken);
    }

    /// <summary>The whole answer as bytes, to be kept for a repetition of the request.</summary>
    public async Task<StoredAnswer> ShapeAsync(ItemBatchAnswer answer)
    {
        using var body = new MemoryStream();
        await WriteBodyAsync(answer, body, withResults: true, CancellationToken.None);
        using var summary = new MemoryStream();
        await WriteBodyAsync(answer, summary, withResults: false, CancellationToken.None);
        return new StoredAnswer(StatusOf(answer), MediaTypeOf(answer), body.ToArray(), answer.Results.Totals.Successes, answer.Results.Totals.Failures)
        {
            Summary = summary.ToArray(),
            RetryAfter = RetryAfterOf(answer),
        };
    }

    private async Task WriteAsync(ItemBatchAnswer answer, CancellationToken cancellationToken)
    {
        await using var results = answer.Results;
        if (results.Totals.Total == 0 && format.Empty is { } empty && !context.Response.HasStarted)
        {
            await Problem.WriteAsync(context, [empty], cancellationToken);
            return;
        }
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusOf(answer);
            context.Response.ContentType = MediaTypeOf(answer);
            if (RetryAfterOf(answer) is { } seconds)
                context.Response.Headers.RetryAfter = seconds;
            StoredAnswerWriter.SetCounts(context.Response, results.Totals.Successes, results.Totals.Failures);
        }
        await WriteBodyAsync(answer, context.Response.Body, withResults: true, cancellationToken);
        StoredAnswerWriter.AppendCounts(context.Response, results.Totals.Successes, results.Totals.Failures);
    }

    private int StatusOf(ItemBatchAnswer answer)
    {
        if (answer.Aborted)
            return ProblemSummary.Of(answer.Problems).Status;
        return answer.Success || preferences.MultiStatusOk ? StatusCodes.Status200OK : StatusCodes.Status207MultiStatus;
    }

    private static string? RetryAfterOf(ItemBatchAnswer answer) =>
        answer.Aborted ? Problem.RetryAfter(ProblemSummary.Of(answer.Problems)) : null;

    private string MediaTypeOf(ItemBatchAnswer answer)
    {
        if (answer.Aborted)
            return Problem.MediaType;
        return asLines ? RequestMedia.Ndjson : RequestMedia.Json;
    }

    private async Task WriteBodyAsync(ItemBatchAnswer answer, Stream target, bool withResults, CancellationToken cancellationToken)
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
        if (withResults && format.DataName is { } name)
            await WriteMemberAsync(target, name, "[", answer.Results.Data, "]", cancellationToken);
        if (withResults)
            await WriteMemberAsync(target, "results", "[", answer.Results.Spool, "]", cancellationToken);
        if (answer.Results.ErrorTexts.Length > 0 || format.AlwaysHasErrors)
            await WriteMemberAsync(target, "errors", "{", answer.Results.ErrorTexts, "}", cancellationToken);
        await target.WriteAsync("}"u8.ToArray(), cancellationToken);
    }

    private static async Task WriteMemberAsync(
        Stream target, string name, string open, ResultSpool content, string close, CancellationToken cancellationToken)
    {
        await target.WriteAsync(Encoding.UTF8.GetBytes($",\"{name}\":{open}"), cancellationToken);
        await content.CopyToAsync(target, cancellationToken);
        await target.WriteAsync(Encoding.UTF8.GetBytes(close), cancellationToken);
    }

    private byte[] Document(ItemBatchAnswer answer, string before, string after)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write(Encoding.UTF8.GetBytes(before));
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writing))
        {
            writer.WriteStartObject();
            if (answer.Aborted)
                Problem.WriteMembers(writer, answer.Problems, Problem.TraceId(context), "problems");
            format.WriteTotals(writer, answer);
            if (answer.Fault is { } fault)
                FaultJson.Write(writer, fault);
            writer.WriteEndObject();
        }
        buffer.Write(Encoding.UTF8.GetBytes(after));
        return buffer.WrittenSpan.ToArray();
    }
}
