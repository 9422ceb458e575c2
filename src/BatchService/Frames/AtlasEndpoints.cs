using System.Globalization;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Frames;

/// <summary>The graph of all frames: <c>GET /atlas</c> in pages, <c>POST /atlas/rebuild</c>.</summary>
internal static class AtlasEndpoints
{
    private const string RebuildRoute = "POST /atlas/rebuild";
    private const int DefaultLimit = 100_000;
    private const int MaxLimit = 500_000;

    public static void MapAtlas(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => AtlasSchemas.Json);
        routes.MapGet("/atlas", GetAsync)
            .WithName("GetAtlas")
            .WithAnswerBody("AtlasPage", StatusCodes.Status200OK)
            .WithTags("Frames")
            .WithSummary("The graph of all frames as it was last built: nodes by id, then edges by both ends, in pages")
            .WithQueryParameter("cursor", "", "The next_cursor of the page before")
            .WithQueryParameter("limit", "1000", "Nodes and edges of the page together, 1 to 500000; 100000 without")
            .WithAnswer(StatusCodes.Status200OK, "Nodes, edges, metadata, and the cursor of the next page.")
            .RefuseUnknownQuery("cursor", "limit")
            .RequireScope("frames:read");
        routes.MapPost("/atlas/rebuild", RebuildAsync)
            .WithName("PostAtlasRebuild")
            .WithAnswerBody("AtlasPage", StatusCodes.Status200OK)
            .WithTags("Frames")
            .WithSummary("Build the graph of all frames anew, wait for it, and get its first page")
            .WithQueryParameter("limit", "1000", "Nodes and edges of the page together, 1 to 500000; 100000 without")
            .WithAnswer(StatusCodes.Status200OK, "The first page of the new graph.")
            .RefuseUnknownQuery("limit")
            .RefuseBody()
            .WithWriteHeaders()
            .Honours(Preference.Wait)
            .RequireScope("frames:write");
    }

    private static async Task GetAsync(HttpContext context, AtlasCache atlases, IOptions<BatchOptions> limits)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        var errors = new List<Error>();
        var page = PageQuery.Read(context.Request.Query, AtlasCursor.Keys, errors, MaxLimit, DefaultLimit);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        await WriteAsync(context, await atlases.GetAsync(deadline.Token), page);
    }

    private static async Task RebuildAsync(
        HttpContext context, AtlasQueue queue, AtlasRebuild rebuild, AtlasCache atlases, AtomicWrite writes, IOptions<BatchOptions> limits)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        var errors = new List<Error>();
        var page = PageQuery.Read(context.Request.Query, AtlasCursor.Keys, errors, MaxLimit, DefaultLimit);
        var (key, keyError) = IdempotencyHeader.Read(context, RebuildRoute, []);
        if (keyError is not null)
            errors.Add(keyError);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        var result = await writes.RunAsync(
            key,
            context.GetCaller(),
            async (connection, token) => WriteResult.Done(Receipt.Of(await queue.RequestAsync(connection, token))),
            deadline.Token);
        if (result.Answer is not { } receipt)
        {
            await Problem.WriteAsync(context, result.Errors, context.RequestAborted);
            return;
        }
        try
        {
            if (!await rebuild.WaitAsync(Receipt.Read(receipt), deadline.Token))
            {
                await Problem.WriteAsync(context, [new Error(ErrorCodes.Overloaded, "The service is shutting down.")], context.RequestAborted);
                return;
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BatchFaultException(new Error(
                ErrorCodes.DeadlineExceeded, "The rebuild takes longer than a call may wait. It goes on; GET /atlas will show it."));
        }
        if (receipt.IsReplay)
            context.Response.Headers["Idempotent-Replayed"] = "true";
        await WriteAsync(context, await atlases.GetAsync(deadline.Token), page);
    }

    private static async Task WriteAsync(HttpContext context, AtlasSnapshot atlas, PageQuery page)
    {
        var (start, error) = Start(atlas, page);
        if (error is not null)
        {
            await Problem.WriteAsync(context, [error], context.RequestAborted);
            return;
        }
        context.Response.ContentType = "application/json";
        await AtlasPage.WriteAsync(atlas, start, page.Limit, context.Response.BodyWriter, WireJson.Writing, context.RequestAborted);
    }

    private static (AtlasCursor Start, Error? Error) Start(AtlasSnapshot atlas, PageQuery page)
    {
        var start = AtlasCursor.AtStart(atlas.Version);
        if (page.After is null)
            return (start, null);
        var cursor = AtlasCursor.Of(page.After);
        if (cursor is null || (cursor.Version == atlas.Version && !cursor.IsWithin(atlas.Graph.Frames.Count)))
            return (start, PageCursor.BadCursor);
        return cursor.Version == atlas.Version
            ? (cursor, null)
            : (start, new Error(ErrorCodes.FieldInvalid, "The atlas was rebuilt since this 'cursor' was given; begin again without one"));
    }

    /// <summary>
    /// What is kept under an idempotency key: the number of the request. Who repeats it waits for the same rebuild, and causes no other.
    /// </summary>
    private static class Receipt
    {
        public static StoredAnswer Of(long request) =>
            StoredAnswer.Json(StatusCodes.Status200OK, System.Text.Encoding.ASCII.GetBytes(request.ToString(CultureInfo.InvariantCulture)));

        public static long Read(StoredAnswer receipt) => long.Parse(receipt.Body.Span, CultureInfo.InvariantCulture);
    }
}
