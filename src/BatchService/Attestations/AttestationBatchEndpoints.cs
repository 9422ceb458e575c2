using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;

namespace BatchService.Attestations;

/// <summary>Many attestations at once: create as JSON or as a stream, delete.</summary>
internal static class AttestationBatchEndpoints
{
    private static readonly string[] s_modes = ["atomic", "best_effort"];

    public static void MapAttestationBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/attestations/batch", (HttpContext context, ItemBatchCall call, AttestationBatches batches, JobDoorEndpoints door) => call.RunJsonAsync(
                context,
                "POST /attestations/batch",
                ParseCreate,
                (source, envelope, request, token) => batches.CreateAsync(source, envelope.ChunkItems, request, token),
                RespondAsync(door)))
            .WithName("PostAttestationBatch")
            .WithBody("AttestationBatchRequest")
            .WithAnswerBody("AttestationBatchResult", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Attestations")
            .WithSummary("Create many attestations: all or nothing, or best effort")
            .WithAnswer(StatusCodes.Status200OK, "Every attestation was created.", RequestMedia.Json, RequestMedia.Ndjson)
            .WithAnswer(StatusCodes.Status207MultiStatus, "Best effort, and a command failed; the body has the same shape.", RequestMedia.Json, RequestMedia.Ndjson)
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .RefuseUnknownQuery()
            .WithBatchHeaders()
            .WithExample("two", AttestationExamples.Batch, summary: "Two commands, all or nothing")
            .RequireScope("attestations:write");

        routes.MapPost("/attestations/stream", (HttpContext context, ItemBatchCall call, AttestationBatches batches, JobDoorEndpoints door) => call.RunStreamAsync(
                context,
                "POST /attestations/stream",
                AttestationBatches.CommandsRoot,
                ParseStream,
                (source, envelope, request, token) => batches.CreateAsync(source, envelope.ChunkItems, request, token),
                RespondAsync(door)))
            .WithName("PostAttestationStream")
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Attestations")
            .WithSummary("Create attestations from a stream of NDJSON; results come as each chunk commits")
            .WithAnswer(StatusCodes.Status200OK, "Result lines; the last line is the summary.", RequestMedia.Ndjson)
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .WithQueryParameter("mode", "", "best_effort (default) or atomic")
            .WithQueryParameter("chunk_size", "", "Commands that are written together (default 1000)")
            .RefuseUnknownQuery("mode", "chunk_size")
            .WithBatchHeaders()
            .Honours(Preferences.OfBatches & ~Preference.Wait)
            .WithExample("two", AttestationExamples.Stream, RequestMedia.Ndjson, "One command a line")
            .RequireScope("attestations:write");

        routes.MapPost("/attestations/batch/delete", (HttpContext context, ItemBatchCall call, AttestationBatches batches, JobDoorEndpoints door) => call.RunJsonAsync(
                context,
                "POST /attestations/batch/delete",
                ParseDelete,
                (source, envelope, request, token) => batches.DeleteAsync(source, envelope.ChunkItems, request, token),
                DeleteLaterAsync(door)))
            .WithName("PostAttestationBatchDelete")
            .WithBody("AttestationDeleteRequest")
            .WithAnswerBody("AttestationDeleteResult", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Attestations")
            .WithSummary("Delete many attestations by id; an unknown id fails")
            .WithAnswer(StatusCodes.Status200OK, "Every attestation was deleted.")
            .WithAnswer(StatusCodes.Status207MultiStatus, "Best effort, and an id was not found; the body has the same shape.")
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .RefuseUnknownQuery()
            .WithBatchHeaders()
            .WithExample("unknown", AttestationExamples.Delete, summary: "Best effort: an id that is not there fails")
            .RequireScope("attestations:delete");
    }

    private static RespondAsync RespondAsync(JobDoorEndpoints door) => (context, source, envelope, key, token) =>
        door.AcceptAsync(context, JobOrder.Of("attestations", JobOptionsOf(envelope), source, AttestationBatches.CommandsRoot), key, [], token);

    private static RespondAsync DeleteLaterAsync(JobDoorEndpoints door) => (context, _, envelope, key, token) =>
    {
        var items = new ItemSource.Json(AttestationDeleteJobType.ToItems(envelope.Items));
        var order = JobOrder.Of(AttestationDeleteJobType.TypeName, JobOptionsOf(envelope), items, AttestationBatches.IdsRoot);
        return door.AcceptAsync(context, order, key, [], token);
    };

    private static JsonObject JobOptionsOf(ItemEnvelope envelope) => new() { ["mode"] = envelope.Options.Atomic ? "atomic" : "best_effort" };

    private static ItemEnvelope ParseCreate(JsonElement body, Preferences preferences, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var commands = ReadItems(fields, "commands", errors);
        var options = ReadMode(fields.Choice("mode", required: false, s_modes), isStream: false, preferences);
        var chunk = fields.Integer("chunk_size", required: false, 1, AttestationLimits.MaxChunkSize) ?? AttestationLimits.ChunkSize;
        fields.RefuseOthers();
        return new ItemEnvelope(commands, options, (int)chunk, FormatOf(options));
    }

    private static ItemEnvelope ParseDelete(JsonElement body, Preferences preferences, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var ids = ReadItems(fields, "ids", errors);
        var options = ReadMode(fields.Choice("mode", required: false, s_modes), isStream: false, preferences);
        fields.RefuseOthers();
        return new ItemEnvelope(ids, options, AttestationLimits.ChunkSize, AttestationFormat.Deleted);
    }

    private static ItemEnvelope ParseStream(IQueryCollection query, Preferences preferences, List<Error> errors)
    {
        var mode = QueryText.ReadChoice(query, "mode", s_modes, errors);
        var chunk = QueryText.ReadInteger(query, "chunk_size", 1, AttestationLimits.MaxChunkSize, errors) ?? AttestationLimits.ChunkSize;
        var options = ReadMode(mode, isStream: true, preferences);
        return new ItemEnvelope(default, options, chunk, FormatOf(options));
    }

    private static JsonElement ReadItems(FieldReader fields, string name, List<Error> errors)
    {
        var items = fields.Raw(name);
        if (items.ValueKind == JsonValueKind.Undefined)
            fields.Missing(name);
        else if (items.ValueKind != JsonValueKind.Array)
            fields.Invalid(name, "must be an array");
        else if (items.GetArrayLength() is > AttestationLimits.MaxCommands and var count)
            errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({AttestationLimits.MaxCommands}). Requested: {count}", $"/{name}"));
        return items;
    }

    /// <summary>Every failure is found in either mode: all of them are told at once.</summary>
    private static RequestOptions ReadMode(string? mode, bool isStream, Preferences preferences) => new(
        Atomic: mode is null ? !isStream : mode == "atomic", ContinueOnError: true, Representation: preferences.Minimal != true);

    private static AttestationFormat FormatOf(RequestOptions options) =>
        options.Representation ? AttestationFormat.Created : AttestationFormat.CreatedMinimal;
}
