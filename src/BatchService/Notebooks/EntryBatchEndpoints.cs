using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary><c>POST /notebooks/{id}/batch</c>: at once, or as a job.</summary>
internal static class EntryBatchEndpoints
{
    public static void MapEntryBatches(this IEndpointRouteBuilder routes) => routes
        .MapPost("/notebooks/{id}/batch", WriteAsync)
        .WithName("PostNotebookBatch").WithTags("Entries")
        .WithBody("EntryBatchRequest")
        .WithAnswerBody("EntryBatchResult", StatusCodes.Status201Created)
        .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
        .WithSummary("Write entries, all or nothing; each is queued for DISTILL_CLAIMS")
        .RequireScope("notebooks:write").RefuseUnknownQuery().WithBatchHeaders().WithNotebookId()
        .WithAnswer(StatusCodes.Status201Created, "Every entry, in request order.")
        .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
        .WithBatchExamples();

    private static async Task WriteAsync(
        HttpContext context,
        WriteCall calls,
        EntryDoorEndpoints door,
        TimeProvider time,
        IOptions<NotebookOptions> options,
        NotebookJobSignal signal,
        string id)
    {
        if (context.GetPreferences().RespondAsync)
        {
            await door.AcceptAsync(context, id);
            return;
        }
        var limits = options.Value;
        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            (body, wrong) => EntryBatch.Parse(body, wrong, limits),
            (notebook, batch, connection, token) => EntryWriter.WriteAsync(
                connection,
                new EntryWrite(notebook, context.GetCaller(), batch, RevisionOf: null, limits.MaxRetries),
                time,
                token));
        signal.Announce(id);
    }
}
