using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary>
/// Accepts a batch of entries as a job that writes all of them or none: the same checks as at once, also of what the entries refer to.
/// </summary>
internal sealed class EntryDoorEndpoints(
    JobDoorEndpoints door, EntryLookup lookup, IOptions<NotebookOptions> options, IOptions<BatchOptions> limits)
{
    public async Task AcceptAsync(HttpContext context, string id)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], context.RequestAborted);
            return;
        }
        var errors = new List<Error>();
        var batch = EntryBatch.Parse(json.Root, errors, options.Value);
        var (key, keyError) = IdempotencyHeader.Read(context, NotebookRoute.KeyRoute(context), json.Bytes.Span);
        if (keyError is not null)
            errors.Add(keyError);
        if (errors.Count == 0)
            errors.AddRange(await CheckAsync(context, id, batch, deadline.Token));
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        var asked = new JsonObject { ["notebook_id"] = id, ["atomic"] = true };
        if (batch.StatedAuthor is { } author)
            asked["author"] = author;
        var entries = new ItemSource.Json(json.Root.GetProperty("entries"u8));
        await door.AcceptAsync(context, JobOrder.Of(EntryJobType.TypeName, asked, entries, "/entries"), key, errors, deadline.Token);
    }

    private async Task<IReadOnlyList<Error>> CheckAsync(HttpContext context, string id, EntryBatch batch, CancellationToken cancellationToken)
    {
        if (!NotebookRoute.TryRead(id, out var notebook))
            return [NotebookErrors.NothingHere];
        return await lookup.MayWriteAsync(notebook, context.GetCaller().Subject, cancellationToken)
            ? await lookup.CheckAsync(notebook, batch, cancellationToken)
            : [NotebookErrors.NotebookNotFound(notebook)];
    }
}
