using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Frames;

/// <summary><c>POST /frames/batch</c> and <c>POST /frames/validate</c>.</summary>
internal static class FrameBatchEndpoints
{
    public static void MapFrameBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/frames/batch", RunAsync)
            .WithName("PostFramesBatch")
            .WithBody("FrameBatchRequest")
            .WithAnswerBody("FrameBatchResult", StatusCodes.Status200OK)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Frames")
            .WithSummary("Store frames, all or none; a known id is replaced in full")
            .WithAnswer(StatusCodes.Status200OK, "All frames are stored.")
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .RefuseUnknownQuery()
            .RequireScope("frames:write")
            .WithBatchHeaders()
            .WithFrameBatchExamples();
        routes.MapPost("/frames/validate", ValidateAsync)
            .WithName("PostFramesValidate")
            .WithBody("Frame")
            .WithAnswerBody("FrameValidation", StatusCodes.Status200OK)
            .WithTags("Frames")
            .WithSummary("Check one frame without storing it; times are RFC 3339 with offset")
            .WithAnswer(StatusCodes.Status200OK, "The verdict: valid, errors, warnings.")
            .RefuseUnknownQuery()
            .RequireScope("frames:read")
            .WithFrameExamples();
    }

    private static async Task RunAsync(
        HttpContext context,
        FrameIngestion ingestion,
        JobDoorEndpoints door,
        IOptions<FramesOptions> options,
        IOptions<WebhookOptions> webhooks,
        IOptions<BatchOptions> limits,
        CancellationToken cancellationToken)
    {
        var preferences = context.GetPreferences();
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], cancellationToken);
            return;
        }
        var errors = new List<Error>();
        var request = FrameBatchRequest.Parse(json.Root, options.Value.MaxBatch, webhooks.Value, errors);
        var (key, keyError) = IdempotencyHeader.Read(context, "POST /frames/batch", json.Bytes.Span);
        if (keyError is not null)
            errors.Add(keyError);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        // Nothing to do is done at once.
        var isLater = preferences.RespondAsync && request.Frames.Count > 0;
        if (isLater)
        {
            await door.AcceptAsync(context, ToOrder(json.Root), key, errors, deadline.Token);
            return;
        }
        var (answer, refusals) = await ingestion.RunAsync(
            request, context.GetCaller(), key, result => Shape(context, result, preferences), deadline.Token);
        if (answer is null)
            await Problem.WriteAsync(context, refusals, cancellationToken);
        else
            await StoredAnswerWriter.WriteAsync(context, answer, cancellationToken);
    }

    /// <summary>The same frames and options as a job.</summary>
    private static JobOrder ToOrder(JsonElement body) => JobOrder.Of(
        "frames",
        body.TryGetProperty("options"u8, out var options) && options.ValueKind == JsonValueKind.Object ? JsonObject.Create(options)! : [],
        new ItemSource.Json(body.GetProperty("frames"u8)),
        "/frames");

    private static async Task ValidateAsync(HttpContext context, IOptions<BatchOptions> limits, CancellationToken cancellationToken)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], cancellationToken);
            return;
        }
        var verdict = FrameValidator.Validate(json.Root);
        context.Response.ContentType = RequestMedia.Json;
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing))
        {
            writer.WriteStartObject();
            FrameValidationJson.WriteMembers(writer, verdict);
            writer.WriteEndObject();
        }
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>The result, or, for a batch of which nothing is stored, a problem that carries the result.</summary>
    private static StoredAnswer Shape(HttpContext context, FrameBatchResult result, Preferences preferences)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, WireJson.Writing))
        {
            writer.WriteStartObject();
            if (!result.Success)
                Problem.WriteMembers(writer, result.Problems, Problem.TraceId(context), "problems");
            result.WriteMembers(writer, representation: preferences.Minimal != true);
            writer.WriteEndObject();
        }
        if (result.Success)
            return new StoredAnswer(StatusCodes.Status200OK, RequestMedia.Json, body.WrittenMemory, result.Count, Failed: 0);
        var summary = ProblemSummary.Of(result.Problems);
        Problem.SetHeaders(context.Response, summary);
        return new StoredAnswer(summary.Status, Problem.MediaType, body.WrittenMemory, Succeeded: 0, result.Failed);
    }
}
