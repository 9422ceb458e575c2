using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary><c>POST /notebooks/{id}/entries/{entryId}/claims</c>.</summary>
internal static class ClaimsEndpoints
{
    public static void MapClaims(this IEndpointRouteBuilder routes) => routes
        .MapPost("/notebooks/{id}/entries/{entryId}/claims", WriteAsync)
        .WithName("PostNotebookClaims").WithTags("Entries")
        .WithBody("ClaimsRequest")
        .WithAnswerBody("ClaimsResult", StatusCodes.Status200OK)
        .WithSummary("Write the claims of an entry, once; each topic index is queued for COMPARE_CLAIMS")
        .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId().WithEntryId()
        .WithAnswer(StatusCodes.Status200OK, "The claims are written.")
        .WithExample("two claims", """
            {
              "claims": [
                { "text": "OAuth tokens validated before jobs", "confidence": 0.95 },
                { "text": "Validation uses refresh endpoint", "confidence": 0.82 }
              ],
              "author": "robot-haiku-1"
            }
            """);

    private static async Task WriteAsync(
        HttpContext context,
        WriteCall calls,
        TimeProvider time,
        IOptions<NotebookOptions> options,
        NotebookJobSignal signal,
        string id,
        string entryId)
    {
        if (!NotebookRoute.TryRead(entryId, out var entry))
        {
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
            return;
        }

        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            ClaimsRequest.Parse,
            (notebook, request, connection, token) => ApplyAsync(
                connection,
                new ClaimsWrite(notebook, entry, request.Claims, context.GetCaller().Subject, request.Author, options.Value.MaxRetries),
                time,
                token));
        signal.Announce(id);
    }

    private static async Task<WriteResult> ApplyAsync(
        NpgsqlConnection connection, ClaimsWrite write, TimeProvider time, CancellationToken cancellationToken)
    {
        var (jobs, error) = await ClaimsWriter.WriteAsync(connection, write, time, cancellationToken);
        return jobs is not { } created
            ? WriteResult.Refused(error ?? NotebookErrors.ClaimsAlreadySet)
            : WriteResult.Done(StoredAnswer.Json(StatusCodes.Status200OK, NotebookJson.Object(writer =>
            {
                writer.WriteString("entry_id", write.EntryId);
                writer.WriteString("claims_status", ClaimsStatuses.Distilled);
                writer.WriteNumber("comparison_jobs_created", created);
            })));
    }
}
