using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary>Notebooks themselves: create, list, read, rename, delete, share.</summary>
internal static class NotebookEndpoints
{
    private const string Tag = "Notebooks";

    public static void MapNotebooks(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => NotebookSchemas.Of(services.GetRequiredService<IOptions<NotebookOptions>>().Value));
        MapWholes(routes);
        MapShares(routes);
        routes.MapEntryBatches();
        routes.MapEntries();
        routes.MapBrowsing();
        routes.MapClaims();
        routes.MapJobQueue();
    }

    private static void MapWholes(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/notebooks", CreateAsync)
            .WithName("PostNotebook").WithTags(Tag).WithSummary("Create a notebook")
            .WithBody("NotebookRequest")
            .WithAnswerBody("Notebook", StatusCodes.Status201Created)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders()
            .WithExample("a notebook", """{ "name": "Field notes" }""")
            .WithAnswer(StatusCodes.Status201Created, "The notebook.");
        routes.MapGet("/notebooks", ListAsync)
            .WithName("GetNotebooks").WithTags(Tag)
            .WithAnswerBody("NotebookPage", StatusCodes.Status200OK)
            .WithSummary("The notebooks that the caller owns or that are shared with it, newest first")
            .RequireScope("notebooks:read").RefuseUnknownQuery("cursor", "limit").WithPaging()
            .WithAnswer(StatusCodes.Status200OK, "A page of notebooks.");
        routes.MapGet("/notebooks/{id}", GetAsync)
            .WithName("GetNotebook").WithTags(Tag).WithSummary("One notebook")
            .WithAnswerBody("Notebook", StatusCodes.Status200OK)
            .RequireScope("notebooks:read").RefuseUnknownQuery().WithNotebookId()
            .WithAnswer(StatusCodes.Status200OK, "The notebook; with its shares for those who may change them.");
        routes.MapPatch("/notebooks/{id}", RenameAsync)
            .WithName("PatchNotebook").WithTags(Tag).WithSummary("Rename a notebook (tier admin)")
            .WithBody("NotebookRequest")
            .WithAnswerBody("Notebook", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithExample("another name", """{ "name": "Field notes 2026" }""")
            .WithAnswer(StatusCodes.Status200OK, "The notebook.");
        routes.MapDelete("/notebooks/{id}", DeleteAsync)
            .WithName("DeleteNotebook").WithTags(Tag).WithSummary("Delete a notebook with everything in it (owner only)")
            .RequireScope("notebooks:delete").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithAnswer(StatusCodes.Status204NoContent, "It is gone.");
    }

    private static void MapShares(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/notebooks/{id}/share", ShareAsync)
            .WithName("PostNotebookShare").WithTags(Tag).WithSummary("Share a notebook, or change the tier of who has it (tier admin)")
            .WithBody("NotebookShareRequest")
            .WithAnswerBody("NotebookShare", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithExample("let somebody write", """{ "subject": "ada", "tier": "read_write" }""")
            .WithAnswer(StatusCodes.Status200OK, "The share.");
        routes.MapDelete("/notebooks/{id}/share/{subject}", UnshareAsync)
            .WithName("DeleteNotebookShare").WithTags(Tag).WithSummary("Take a share back (tier admin)")
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithPathExample("subject", "ada", "Who it was shared with, percent-encoded")
            .WithAnswer(StatusCodes.Status204NoContent, "It is gone.");
    }

    private static Task CreateAsync(HttpContext context, WriteCall calls, TimeProvider time) => calls.RunAsync(
        context,
        "POST /notebooks",
        ParseName,
        (name, connection, token) => NotebookWriter.CreateAsync(connection, context.GetCaller().Subject, name, time.GetUtcNow(), token));

    private static async Task<IResult> ListAsync(HttpContext context, NotebookReader notebooks, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var page = PageQuery.Read(context.Request.Query, NotebookReader.CursorKeys, errors);
        if (errors.Count > 0)
            return Problem.Of(errors);
        var (json, error) = await notebooks.ListAsync(context.GetCaller().Subject, page.Limit, page.After, cancellationToken);
        return error is null ? Results.Bytes(json, RequestMedia.Json) : Problem.Of(error);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, NotebookReader notebooks, string id, CancellationToken cancellationToken)
    {
        if (!NotebookRoute.TryRead(id, out var notebook))
            return Problem.Of(NotebookErrors.NothingHere);
        return await notebooks.FindAsync(notebook, context.GetCaller().Subject, cancellationToken) is { } found
            ? Results.Bytes(found.ToJson(), RequestMedia.Json)
            : Problem.Of(NotebookErrors.NotebookNotFound(notebook));
    }

    private static Task RenameAsync(HttpContext context, WriteCall calls, string id) => NotebookRoute.RunAsync(
        context,
        calls,
        id,
        ParseName,
        (notebook, name, connection, token) => NotebookWriter.RenameAsync(connection, notebook, context.GetCaller().Subject, name, token));

    private static Task DeleteAsync(HttpContext context, WriteCall calls, string id) => NotebookRoute.RunAsync(
        context,
        calls,
        id,
        (notebook, connection, token) => NotebookWriter.DeleteAsync(connection, notebook, context.GetCaller().Subject, token));

    private static Task ShareAsync(HttpContext context, WriteCall calls, string id) => NotebookRoute.RunAsync(
        context,
        calls,
        id,
        NotebookShare.Parse,
        (notebook, share, connection, token) => NotebookWriter.ShareAsync(connection, notebook, context.GetCaller().Subject, share, token));

    private static Task UnshareAsync(HttpContext context, WriteCall calls, string id) => NotebookRoute.RunAsync(
        context,
        calls,
        id,
        (notebook, connection, token) => NotebookWriter.UnshareAsync(
            connection, notebook, context.GetCaller().Subject, RouteText.Read(context, "subject"), token));

    private static string ParseName(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var name = fields.Text("name", required: true, Notebook.MaxNameLength);
        fields.RefuseOthers();
        return name ?? "";
    }
}
