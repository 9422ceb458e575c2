using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>What the body or the query string of a batch asks for.</summary>
/// <param name="Items">The array of a JSON body; undefined for a stream.</param>
/// <param name="ChunkItems">How many items are written together.</param>
internal sealed record ItemEnvelope(JsonElement Items, RequestOptions Options, int ChunkItems, ItemFormat Format);

/// <summary>Accepts the items of a call as a job, and answers.</summary>
internal delegate Task RespondAsync(
    HttpContext context, ItemSource source, ItemEnvelope envelope, IdempotencyKey? key, CancellationToken cancellationToken);

/// <summary>
/// A call that brings many items of one kind: preferences, media types, body, key and deadline are the same whatever the items are. What
/// differs is given by the endpoint: how it reads the envelope, and how it runs the items.
/// </summary>
internal sealed class ItemBatchCall(IOptions<BatchOptions> limits)
{
    /// <summary>A JSON body, answered by one JSON document or, if the client asks so, by lines.</summary>
    /// <param name="parse">Body → envelope; adds what is wrong to the list, and may then return anything.</param>
    public async Task RunJsonAsync(
        HttpContext context,
        string route,
        Func<JsonElement, Preferences, List<Error>, ItemEnvelope> parse,
        Func<ItemSource, ItemEnvelope, ItemBatchRequest, CancellationToken, Task<ItemBatchEnd>> run,
        RespondAsync? respondAsync = null)
    {
        var preferences = context.GetPreferences();
        var asLines = ItemAnswerWriter.WantsLines(context.Request);
        var errors = new List<Error>();
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], context.RequestAborted);
            return;
        }

        var envelope = parse(json.Root, preferences, errors);
        var (key, keyError) = IdempotencyHeader.Read(context, route, json.Bytes.Span);
        if (keyError is not null)
            errors.Add(keyError);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }

        var source = new ItemSource.Json(envelope.Items);
        // Nothing to do is done at once.
        var isLater = preferences.RespondAsync && respondAsync is not null && envelope.Items.GetArrayLength() > 0;
        if (isLater)
            await respondAsync!(context, source, envelope, key, deadline.Token);
        else
            await AnswerAsync(context, preferences, asLines, envelope.Options, envelope.Format, key, request => run(source, envelope, request, deadline.Token));
    }

    /// <summary>An NDJSON body, answered line by line as its chunks commit.</summary>
    /// <param name="root">The place that pointers into the items begin with.</param>
    /// <param name="parse">Query string → envelope.</param>
    public async Task RunStreamAsync(
        HttpContext context,
        string route,
        string root,
        Func<IQueryCollection, Preferences, List<Error>, ItemEnvelope> parse,
        Func<ItemSource, ItemEnvelope, ItemBatchRequest, CancellationToken, Task<ItemBatchEnd>> run,
        RespondAsync? respondAsync = null)
    {
        var preferences = context.GetPreferences();
        var errors = new List<Error>();
        var (kind, mediaError) = RequestMedia.Read(context.Request, MediaKind.Ndjson);
        if (mediaError is not null)
            errors.Add(mediaError);
        var envelope = parse(context.Request.Query, preferences, errors);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }

        using var stream = await ItemStream.OpenAsync(
            context, route, kind, envelope.Options.IsOneTransaction || preferences.RespondAsync, root, limits.Value.MaxLineBytes, long.MaxValue, context.RequestAborted);
        if (stream.Error is { } error)
        {
            await Problem.WriteAsync(context, [error], context.RequestAborted);
            return;
        }

        var source = (ItemSource.Streamed)stream.Source!;
        var isLater = preferences.RespondAsync && respondAsync is not null && await source.Open(context.RequestAborted).AnyAsync(context.RequestAborted);
        if (isLater)
            await respondAsync!(context, source, envelope, stream.Key, context.RequestAborted);
        else
        {
            await AnswerAsync(
                context, preferences, asLines: true, envelope.Options, envelope.Format, stream.Key, request => run(source, envelope, request, context.RequestAborted));
        }
    }

    /// <summary>Runs a batch that has been read, and answers.</summary>
    /// <param name="asLines">The answer is NDJSON.</param>
    public static async Task AnswerAsync(
        HttpContext context,
        Preferences preferences,
        bool asLines,
        RequestOptions options,
        ItemFormat format,
        IdempotencyKey? key,
        Func<ItemBatchRequest, Task<ItemBatchEnd>> run)
    {
        // Results are sent as they come only where the status line cannot depend on them: best effort, line by line.
        var isLive = asLines && key is null && options is { Atomic: false, Validate: Validation.None };
        var answer = new ItemAnswerWriter(context, format, preferences, asLines);
        var request = new ItemBatchRequest(
            options,
            context.GetCaller(),
            key,
            format,
            isLive ? answer.OpenLive() : null,
            asLines ? (byte)'\n' : (byte)',',
            answer.ShapeAsync);
        await answer.WriteAsync(await run(request), context.RequestAborted);
    }
}
