using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Frames;

/// <summary>Stored frames: one, a page of them, their numbers; changing and removing one.</summary>
internal static class FrameEndpoints
{
    /// <summary>A cursor holds the time and the id of the last frame.</summary>
    private const int CursorKeys = 2;

    private const string Tag = "Frames";
    private const string Route = "/frames/{id}";
    private const string ExampleId = "step-1";

    public static void MapFrames(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => FrameSchemas.Of(services.GetRequiredService<IOptions<FramesOptions>>().Value));
        routes.MapFrameBatches();
        routes.MapGet("/frames", ListAsync)
            .WithName("GetFrames").WithTags(Tag)
            .WithAnswerBody("FramePage", StatusCodes.Status200OK)
            .WithSummary("Frames that meet every filter, newest first; a page ends early at 8 MiB")
            .WithQueryParameter("query", "", "All of these words, each as the beginning of a word, in caption, reference point, next action, keywords and blockers; signs do not count.")
            .WithQueryParameter("branch", "main", "The branch, exactly.")
            .WithQueryParameter("module", "", "A module that module_scope names, exactly.")
            .WithQueryParameter("jira", "", "The ticket, exactly.")
            .WithQueryParameter("since", "", "Not before this time (RFC 3339).")
            .WithQueryParameter("until", "", "Not after this time (RFC 3339).")
            .WithQueryParameter("user_id", "", "The frame's userId, exactly.")
            .WithQueryParameter("cursor", "", "next_cursor of the page before.")
            .WithQueryParameter("limit", "", "1 to 500; default 50.")
            .WithAnswer(StatusCodes.Status200OK, "A page: frames, next_cursor.")
            .RefuseUnknownQuery([.. FrameFilter.Parameters, "cursor", "limit"])
            .RequireScope("frames:read");
        routes.MapGet("/frames/stats", StatisticsAsync)
            .WithName("GetFramesStats").WithTags(Tag)
            .WithAnswerBody("FrameStatistics", StatusCodes.Status200OK)
            .WithSummary("How many frames there are, in all and by branch, module and user (the 100 largest of each)")
            .WithAnswer(StatusCodes.Status200OK, "total, oldest, newest, branches, modules, users, byBranch, byModule, byUser.")
            .RefuseUnknownQuery()
            .RequireScope("frames:read");
        routes.MapGet(Route, GetAsync)
            .WithName("GetFrame").WithTags(Tag)
            .WithAnswerBody("Frame", StatusCodes.Status200OK)
            .WithSummary("A frame as it is stored, without the fields that were unknown")
            .WithPathExample("id", ExampleId, "The frame's id, percent-encoded.")
            .WithAnswer(StatusCodes.Status200OK, "The frame.")
            .RefuseUnknownQuery()
            .RequireScope("frames:read");
        routes.MapPatch(Route, PatchAsync)
            .WithName("PatchFrame").WithTags(Tag)
            .WithBody("FramePatch")
            .WithAnswerBody("Frame", StatusCodes.Status200OK)
            .WithSummary("Change fields (JSON merge patch): null removes an optional field, objects are merged")
            .WithPathExample("id", ExampleId, "The frame's id, percent-encoded.")
            .WithExample("say what comes next", """{ "status_snapshot": { "next_action": "Review" }, "jira": "FRAME-1" }""")
            .WithAnswer(StatusCodes.Status200OK, "The frame as it is now.")
            .RefuseUnknownQuery()
            .RequireScope("frames:write");
        routes.MapDelete(Route, DeleteAsync)
            .WithName("DeleteFrame").WithTags(Tag)
            .WithSummary("Remove a frame")
            .WithPathExample("id", ExampleId, "The frame's id, percent-encoded.")
            .WithAnswer(StatusCodes.Status204NoContent, "The frame is removed.")
            .RefuseUnknownQuery()
            .RequireScope("frames:delete");
    }

    private static async Task<IResult> GetAsync(HttpContext context, FrameReads frames, CancellationToken cancellationToken) =>
        IdOf(context) is { } id && await frames.FindAsync(id, cancellationToken) is { } frame
            ? Json(frame)
            : Problem.Of(NotFound());

    private static async Task<IResult> ListAsync(HttpContext context, FrameReads frames, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var errors = new List<Error>();
        var page = PageQuery.Read(query, CursorKeys, errors);
        var filter = FrameFilter.Parse(name => query[name], errors);
        if (page.After is [var at, var id])
        {
            if (Rfc3339.TryParse(at, out var timestamp))
                filter.After(timestamp, id);
            else
                errors.Add(PageCursor.BadCursor);
        }
        return errors.Count > 0 ? Problem.Of(errors) : Json(await frames.ListAsync(filter, page.Limit, cancellationToken));
    }

    private static async Task<IResult> StatisticsAsync(FrameStatistics statistics, CancellationToken cancellationToken) =>
        Json(await statistics.ReadAsync(cancellationToken));

    private static Task PatchAsync(HttpContext context, WriteCall call)
    {
        var caller = context.GetCaller();
        return IdOf(context) is { } id
            ? call.RunAsync(
                context,
                $"PATCH /frames/{id}",
                ReadPatch,
                (patch, connection, token) => FramePatch.RunAsync(connection, id, patch, caller, token))
            : Problem.WriteAsync(context, [NotFound()], context.RequestAborted);
    }

    private static Task DeleteAsync(HttpContext context, WriteCall call) => IdOf(context) is { } id
        ? call.RunAsync(
            context,
            $"DELETE /frames/{id}",
            async (connection, token) => await FrameWriter.DeleteAsync(connection, id, token)
                ? WriteResult.Done(StoredAnswer.NoContent)
                : WriteResult.Refused(NotFound()))
        : Problem.WriteAsync(context, [NotFound()], context.RequestAborted);

    private static JsonElement ReadPatch(JsonElement body, List<Error> errors)
    {
        _ = new FieldReader(body, "", errors);
        return body;
    }

    /// <summary>The id in the address; null when no frame can have it.</summary>
    private static string? IdOf(HttpContext context)
    {
        var id = RouteText.Read(context, "id");
        return id.Length is > 0 and <= FrameFields.MaxId && !id.Contains('\0', StringComparison.Ordinal) ? id : null;
    }

    private static Error NotFound() => new(ErrorCodes.NotFound, "There is no such frame.");

    private static IResult Json(ReadOnlyMemory<byte> body) => TypedResults.Bytes(body, RequestMedia.Json);
}
