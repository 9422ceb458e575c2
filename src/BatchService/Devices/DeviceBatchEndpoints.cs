using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Devices;

/// <summary>The batches of devices and proofs: <c>{items, options}</c>, best effort unless the options say otherwise.</summary>
internal static class DeviceBatchEndpoints
{
    private const string Root = "/items";

    /// <summary>Items that are written together.</summary>
    private const int ChunkItems = 1_000;

    public static void MapDeviceBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/devices/enroll/batch", RunAsync<EnrollmentItem>)
            .WithName("PostDeviceEnrollBatch")
            .WithBody("EnrollmentBatchRequest")
            .WithAnswerBody("EnrollmentBatchResult", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Devices")
            .WithSummary("Enrol many devices; each gets its token once")
            .DescribeBatch("enrolled")
            .WithBatchHeaders()
            .WithExample("two", DeviceExamples.EnrollBatch, summary: "Two devices, each for itself")
            .RequireScope("devices:write");

        routes.MapPost("/proofs/lock/batch", RunAsync<ProofLockItem>)
            .WithName("PostProofLockBatch")
            .WithBody("ProofLockBatchRequest")
            .WithAnswerBody("ProofLockBatchResult", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Proofs")
            .WithSummary("Lock many proofs")
            .DescribeBatch("locked")
            .WithBatchHeaders()
            .WithExample("two", DeviceExamples.LockBatch, summary: "Of the device that the example of POST /devices/enroll enrols")
            .RequireScope("proofs:write");

        routes.MapPost("/proofs/query/batch", RunAsync<LookupItem>)
            .WithName("PostProofQueryBatch")
            .WithBody("LookupBatchRequest")
            .WithAnswerBody("LookupBatchResult", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Proofs")
            .WithSummary("Ask what is known of contents, proofs and devices; nothing known is a success with found: false")
            .DescribeBatch("looked up")
            .WithCounts()
            .Honours(Preferences.OfBatches)
            .WithExample("three", DeviceExamples.Query, summary: "By content, by proof, by device")
            .RequireScope("proofs:read");
    }

    private static RouteHandlerBuilder DescribeBatch(this RouteHandlerBuilder builder, string done) => builder
        .WithAnswer(StatusCodes.Status200OK, $"Every item was {done}.", RequestMedia.Json, RequestMedia.Ndjson)
        .WithAnswer(StatusCodes.Status207MultiStatus, "Best effort, and an item failed; the body has the same shape.", RequestMedia.Json, RequestMedia.Ndjson)
        .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
        .RefuseUnknownQuery();

    private static Task RunAsync<TItem>(
        HttpContext context, ItemBatchCall call, ItemKind<TItem> kind, ItemBatchRunner runner, JobDoorEndpoints door, IOptions<BatchOptions> limits)
        where TItem : IBatchItem => call.RunJsonAsync(
            context,
            $"POST batch {kind.Name}",
            (body, preferences, errors) => Parse(body, preferences, limits.Value.MaxItems, kind.Secret, errors),
            (source, envelope, request, token) => runner.RunAsync(
                ItemBatch<TItem>.Of(
                    source,
                    () => new ItemChunks<TItem>(Root, envelope.ChunkItems, kind.OpenReader(request.Caller)),
                    items => kind.Arrange(items, request.Caller)),
                request,
                token),
            (http, source, envelope, key, token) => door.AcceptAsync(http, ToOrder(kind.Name, source, envelope), key, RefusalsOfJob(envelope), token));

    private static ItemEnvelope Parse(JsonElement body, Preferences preferences, int maxItems, string? secret, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var items = fields.Raw("items");
        if (items.ValueKind == JsonValueKind.Undefined)
            fields.Missing("items");
        else if (items.ValueKind != JsonValueKind.Array)
            fields.Invalid("items", "must be an array");
        else if (items.GetArrayLength() == 0)
            errors.Add(DeviceFormat.Full.Empty! with { Pointer = Root });
        else if (items.GetArrayLength() > maxItems)
            errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({maxItems}). Requested: {items.GetArrayLength()}", Root));
        var options = RequestOptionsParser.Parse(fields.Raw("options"), "/options", errors, RequestOptions.OfJobs);
        fields.RefuseOthers();
        options = options with { Representation = options.Representation && preferences.Minimal != true };
        // Never again would it be told: a token that is handed out once must not be left out.
        if (secret is not null && !options.Representation)
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"A minimal answer cannot be asked for: it would lose every {secret}", "/options/return"));
        return new ItemEnvelope(items, options, ChunkItems, options.Representation ? DeviceFormat.Full : DeviceFormat.Minimal);
    }

    private static JobOrder ToOrder(string jobType, ItemSource source, ItemEnvelope envelope) => JobOrder.Of(
        jobType,
        new JsonObject { ["atomic"] = envelope.Options.Atomic, ["continueOnError"] = envelope.Options.ContinueOnError },
        source,
        Root);

    private static List<Error> RefusalsOfJob(ItemEnvelope envelope) =>
        envelope.Options.RefusalOfJob is { } refusal ? [refusal] : [];
}
