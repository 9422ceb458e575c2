using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Entities;

/// <summary><c>POST /entities/{entity}/batch</c>: many rows of one entity, as JSON, NDJSON or CSV.</summary>
internal static class RowBatchEndpoints
{
    private static readonly string[] QueryParameters =
        ["action", "atomic", "continueOnError", "validateOnly", "return", "results", "on_conflict", "on_conflict_action"];

    public static void MapRowBatches(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => RowSchemas.Of(services.GetRequiredService<IOptions<BatchOptions>>().Value));
        routes.MapPost("/entities/{entity}/batch", RunAsync)
            .WithName("PostEntityBatch")
            .WithBody("RowBatchRequest")
            .WithAnswerBody("RowBatchResponse", StatusCodes.Status200OK, StatusCodes.Status207MultiStatus)
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Entities")
            .WithSummary("Create, upsert, update or delete many rows of one entity")
            .WithAnswer(StatusCodes.Status200OK, "Every row completed; as NDJSON, result lines and a summary line.", RequestMedia.Json, RequestMedia.Ndjson)
            .WithAnswer(StatusCodes.Status207MultiStatus, "Best effort, and a row failed; the body has the same shape.", RequestMedia.Json, RequestMedia.Ndjson)
            .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
            .RefuseUnknownQuery(QueryParameters)
            .WithBatchHeaders()
            .WithRowExamples();
    }

    private static async Task RunAsync(
        HttpContext context,
        RowBatchRunner runner,
        JobDoorEndpoints door,
        IOptions<BatchOptions> limits,
        CancellationToken cancellationToken)
    {
        var entity = RouteText.Read(context, "entity");
        var preferences = context.GetPreferences();
        var (kind, mediaError) = RequestMedia.Read(context.Request, MediaKind.Json | MediaKind.Ndjson | MediaKind.Csv);
        // A stream takes the time that it takes.
        IReadOnlyList<Error> refusals = kind == MediaKind.Json ? [] : preferences.Refusals(Preferences.OfBatches & ~Preference.Wait);
        if (mediaError is not null || refusals.Count > 0)
        {
            await Problem.WriteAsync(context, mediaError is null ? refusals : [mediaError, .. refusals], cancellationToken);
            return;
        }
        using var deadline = kind == MediaKind.Json ? RequestDeadline.Start(context, limits.Value) : null;
        var token = deadline?.Token ?? cancellationToken;
        await using var call = await RowRequestEndpoints.ReadAsync(context, entity, kind, preferences, limits.Value, token);
        if (call.Errors.Count > 0)
        {
            await Problem.WriteAsync(context, call.Errors, cancellationToken);
            return;
        }
        if (preferences.RespondAsync)
        {
            await door.AcceptAsync(context, call.ToOrder(entity), call.Key, [], token);
            return;
        }
        await ItemBatchCall.AnswerAsync(
            context,
            preferences,
            ItemAnswerWriter.WantsLines(context.Request),
            call.Options,
            RowFormat.Instance,
            call.Key,
            batch => runner.RunAsync(new RowBatchRequest(entity, call.Action, call.OnConflict, call.Source!, batch), token));
    }
}
