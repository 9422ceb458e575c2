using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary>Writing one entry or a revision, and reading one.</summary>
internal static class EntryEndpoints
{
    private const string Tag = "Entries";

    public static void MapEntries(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/notebooks/{id}/entries", WriteOneAsync)
            .WithName("PostNotebookEntry").WithTags(Tag).WithSummary("Write one entry; it is queued for DISTILL_CLAIMS")
            .WithBody("EntryRequest")
            .WithAnswerBody("EntryPlace", StatusCodes.Status201Created)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithAnswer(StatusCodes.Status201Created, "The entry's place.")
            .WithExample("one entry", """{ "content": "Tokens are refreshed before each job.", "topic": "auth/tokens" }""");
        routes.MapGet("/notebooks/{id}/entries/{entryId}", ReadAsync)
            .WithName("GetNotebookEntry").WithTags(Tag).WithSummary("READ one entry, with its claims, comparisons and what refers to it")
            .WithAnswerBody("Entry", StatusCodes.Status200OK)
            .RequireScope("notebooks:read").RefuseUnknownQuery().WithNotebookId().WithEntryId()
            .WithAnswer(StatusCodes.Status200OK, "The entry.");
        routes.MapPut("/notebooks/{id}/entries/{entryId}", ReviseAsync)
            .WithName("PutNotebookEntry").WithTags(Tag)
            .WithBody("EntryRequest")
            .WithAnswerBody("EntryPlace", StatusCodes.Status201Created)
            .WithSummary("REVISE an entry: a new one with revision_of; topic and content type are inherited unless given")
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId().WithEntryId()
            .WithAnswer(StatusCodes.Status201Created, "The new entry's place.")
            .WithExample("another text", """{ "content": "Tokens are refreshed before each job, and once more when it fails." }""");
    }

    public static TBuilder WithEntryId<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithPathExample("entryId", NotebookRoute.ExampleEntry, "An entry_id of this notebook");

    private static async Task WriteOneAsync(
        HttpContext context, WriteCall calls, TimeProvider time, IOptions<NotebookOptions> options, NotebookJobSignal signal, string id)
    {
        await RunOneAsync(context, calls, time, options.Value, id, revised: null);
        signal.Announce(id);
    }

    private static async Task ReviseAsync(
        HttpContext context,
        WriteCall calls,
        TimeProvider time,
        IOptions<NotebookOptions> options,
        NotebookJobSignal signal,
        string id,
        string entryId)
    {
        if (!NotebookRoute.TryRead(entryId, out var revised))
        {
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
            return;
        }

        await RunOneAsync(context, calls, time, options.Value, id, revised);
        signal.Announce(id);
    }

    private static Task RunOneAsync(
        HttpContext context, WriteCall calls, TimeProvider time, NotebookOptions limits, string id, Guid? revised) =>
        NotebookRoute.RunAsync(
            context,
            calls,
            id,
            (body, errors) => EntryBatch.ParseOne(body, errors, limits),
            (notebook, entry, connection, token) => EntryWriter.WriteAsync(
                connection, new EntryWrite(notebook, context.GetCaller(), entry, revised, limits.MaxRetries), time, token));

    private static async Task<IResult> ReadAsync(
        HttpContext context, EntryReader entries, string id, string entryId, CancellationToken cancellationToken)
    {
        if (!NotebookRoute.TryRead(id, out var notebook) || !NotebookRoute.TryRead(entryId, out var entry))
            return Problem.Of(NotebookErrors.NothingHere);
        var (json, error) = await entries.ReadAsync(notebook, entry, context.GetCaller().Subject, cancellationToken);
        return error is null ? Results.Bytes(json, RequestMedia.Json) : Problem.Of(error);
    }
}
