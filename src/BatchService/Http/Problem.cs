using System.Diagnostics;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// Writes <c>application/problem+json</c> (RFC 9457) with the members of the contract: every error of the service leaves through here.
/// </summary>
internal static class Problem
{
    public const string MediaType = "application/problem+json";

    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The problem of one error or of several, as the answer of an endpoint.</summary>
    public static IResult Of(params IReadOnlyList<Error> errors) => new ProblemResult(errors);

    /// <summary>Answers with the problem. Nothing of the response may have been sent.</summary>
    public static async Task WriteAsync(HttpContext context, IReadOnlyList<Error> errors, CancellationToken cancellationToken)
    {
        SetHeaders(context.Response, ProblemSummary.Of(errors));
        if (context.GetEndpoint()?.Metadata.GetMetadata<CountedAnswer>() is not null)
        {
            var blamed = errors.Select(error => error.Index).OfType<int>().Distinct().Count();
            StoredAnswerWriter.SetCounts(context.Response, succeeded: 0, blamed);
        }

        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing))
        {
            writer.WriteStartObject();
            WriteMembers(writer, errors, TraceId(context));
            writer.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>
    /// Status, media type, <c>Retry-After</c> and <c>WWW-Authenticate</c> of a problem; for those who write the body themselves.
    /// </summary>
    public static void SetHeaders(HttpResponse response, ProblemSummary summary, TimeSpan? retryAfter = null)
    {
        response.StatusCode = summary.Status;
        response.ContentType = MediaType;
        if (RetryAfter(summary, retryAfter) is { } seconds)
        {
            response.Headers.RetryAfter = seconds;
        }

        if (summary.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    /// <summary>The value of <c>Retry-After</c>; null where the status has none.</summary>
    public static string? RetryAfter(ProblemSummary summary, TimeSpan? after = null) => summary is { Retryable: true, Status: 409 or 429 or 503 }
        ? ((int)Math.Ceiling((after ?? s_retryAfter).TotalSeconds)).ToString()
        : null;

    /// <summary>Writes the members into an open object, which the caller may add to and must close.</summary>
    /// <param name="arrayName"><c>problems</c> where the body is a batch result too and has an <c>errors</c> of its own.</param>
    public static void WriteMembers(Utf8JsonWriter writer, IReadOnlyList<Error> errors, string traceId, string arrayName = "errors")
    {
        var summary = ProblemSummary.Of(errors);
        writer.WriteString("type", $"/batch/errors/{summary.Code.Name}");
        writer.WriteString("title", summary.Code.Title);
        writer.WriteNumber("status", summary.Status);
        writer.WriteString("detail", summary.Detail);
        writer.WriteString("code", summary.Code.Name);
        writer.WriteString("error", summary.Detail);
        writer.WriteBoolean("retryable", summary.Retryable);
        writer.WriteString("traceId", traceId);
        if (errors.Count > 1 || errors[0] is not { Index: null, Pointer: null, Id: null })
        {
            writer.WriteStartArray(arrayName);
            foreach (var error in errors)
            {
                WriteError(writer, error);
            }

            writer.WriteEndArray();
        }
    }

    /// <summary>The id under which the request is found in logs and traces.</summary>
    public static string TraceId(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private static void WriteError(Utf8JsonWriter writer, Error error)
    {
        writer.WriteStartObject();
        if (error.Index is { } index)
        {
            writer.WriteNumber("index", index);
        }

        WriteText(writer, "id", error.Id);
        WriteText(writer, "pointer", error.Pointer);
        writer.WriteString("code", error.Code.Name);
        writer.WriteString("detail", error.Detail);
        WriteText(writer, "constraint", error.Constraint);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private sealed class ProblemResult(IReadOnlyList<Error> errors) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, errors, httpContext.RequestAborted);
    }
}
