using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Operations;

/// <summary><c>POST /batch</c>.</summary>
internal static class OperationEndpoints
{
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => OperationSchemas.Of(services.GetRequiredService<IOptions<BatchOptions>>().Value));
        routes.MapPost("/batch", RunAsync)
            .WithName("PostBatch")
            .WithBody("BatchRequest")
            .WithAnswerBody("BatchResponse", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Operations")
            .WithSummary("Run operations on any tables: all or nothing, or best effort")
            .WithAnswer(StatusCodes.Status200OK, "Every operation completed.")
            .WithAnswer(StatusCodes.Status207MultiStatus, "Best effort, and an operation failed or was skipped; the body has the same shape.")
            .RefuseUnknownQuery()
            .WithBatchHeaders()
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .WithOperationExamples();
    }

    private static async Task RunAsync(
        HttpContext context, OperationRunner runner, JobDoorEndpoints door, IOptions<BatchOptions> limits, CancellationToken cancellationToken)
    {
        var preferences = context.GetPreferences();
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], cancellationToken);
            return;
        }
        var (key, keyError) = IdempotencyHeader.Read(context, "POST /batch", json.Bytes.Span);
        if (keyError is not null)
        {
            await Problem.WriteAsync(context, [keyError], cancellationToken);
            return;
        }
        if (preferences.RespondAsync)
        {
            await AcceptAsync(context, json.Root, preferences, door, key, limits.Value, deadline.Token);
            return;
        }
        var request = new OperationRequest(
            json.Root, context.GetCaller(), key, preferences.Minimal, answer => Shape(answer, preferences, Problem.TraceId(context)));
        var (stored, errors) = await runner.RunAsync(request, deadline.Token);
        if (stored is null)
            await Problem.WriteAsync(context, errors, cancellationToken);
        else
            await StoredAnswerWriter.WriteAsync(context, stored, cancellationToken);
    }

    /// <summary>The same body as a job: what is wrong with it as a whole is told now, as without the preference.</summary>
    private static Task AcceptAsync(
        HttpContext context,
        JsonElement body,
        Preferences preferences,
        JobDoorEndpoints door,
        IdempotencyKey? key,
        BatchOptions limits,
        CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var batch = BatchParser.Parse(body, limits.MaxOperations, errors);
        var options = batch?.Options ?? new RequestOptions();
        if (options.RefusalOfJob is { } refusal)
            errors.Add(refusal);
        if (batch is null || errors.Count > 0)
            return Problem.WriteAsync(context, batch is null ? errors : [.. errors, .. BatchChecker.CheckLinks(batch, limits)], cancellationToken);
        var items = new ItemSource.Json(body.GetProperty("operations"u8));
        var order = JobOrder.Of("operations", JobOptionsOf(options, preferences), items, "/operations");
        return door.AcceptAsync(context, order, key, errors, cancellationToken);
    }

    private static JsonObject JobOptionsOf(RequestOptions options, Preferences preferences) => new()
    {
        ["atomic"] = options.Atomic,
        ["continueOnError"] = options.ContinueOnError,
        ["return"] = preferences.Minimal ?? !options.Representation ? "minimal" : "representation",
    };

    /// <summary>A normal answer, or, for an atomic batch that was rolled back, a problem that carries the whole batch response.</summary>
    private static StoredAnswer Shape(BatchAnswer answer, Preferences preferences, string traceId)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        var status = answer.Report.Success || preferences.MultiStatusOk ? StatusCodes.Status200OK : StatusCodes.Status207MultiStatus;
        string? retryAfter = null;
        using (var writer = new Utf8JsonWriter(body, WireJson.Writing))
        {
            writer.WriteStartObject();
            if (answer.Report.Aborted)
            {
                var summary = ProblemSummary.Of(answer.Problems);
                (status, retryAfter) = (summary.Status, Problem.RetryAfter(summary));
                Problem.WriteMembers(writer, answer.Problems, traceId, "problems");
            }
            BatchResponse.WriteMembers(writer, answer);
            writer.WriteEndObject();
        }
        var mediaType = answer.Report.Aborted ? Problem.MediaType : "application/json";
        return new StoredAnswer(status, mediaType, body.WrittenMemory, answer.Report.SuccessCount, answer.Report.FailureCount)
        {
            RetryAfter = retryAfter,
        };
    }
}
