using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;
using Npgsql;

namespace BatchService.Frames;

/// <summary>Something to be done when a batch is stored.</summary>
/// <param name="Webhook">Whom to tell; null: rebuild the atlas.</param>
internal sealed record FrameHook(string? Webhook)
{
    public const string AtlasRebuild = "atlas_rebuild";

    public string Name => Webhook is null ? AtlasRebuild : "webhook";
}

/// <summary>What became of a hook.</summary>
/// <param name="Status"><c>completed</c>, <c>scheduled</c> (it is certain to be done, and not done yet) or <c>failed</c>.</param>
internal sealed record FrameHookResult(string Name, string Status, string? Error = null);

/// <summary>Asks for a rebuild of the atlas and waits for it; false: it is certain to be made, and could not be waited for.</summary>
internal delegate Task<bool> AtlasRebuildRequest(CancellationToken cancellationToken);

/// <summary>
/// Runs the hooks of a batch. Webhooks become rows of the outbox in the transaction of the frames; the atlas is rebuilt after the commit.
/// What fails after the commit is told, and changes nothing about the batch.
/// </summary>
internal sealed partial class FrameHooks(AtlasRebuildRequest rebuildAtlas, ILogger<FrameHooks> logger)
{
    public const string Event = "frames.ingested";

    private const string Scheduled = "scheduled";

    /// <summary>Before the commit: puts the webhooks into the outbox, and tells what is certain by then.</summary>
    public static async Task<IReadOnlyList<FrameHookResult>> ScheduleAsync(
        NpgsqlConnection connection, IReadOnlyList<FrameHook> hooks, FrameBatchResult result, Caller caller, CancellationToken cancellationToken)
    {
        var results = new List<FrameHookResult>(hooks.Count);
        foreach (var hook in hooks)
        {
            if (hook.Webhook is { } url)
                await WebhookOutbox.AddAsync(connection, new WebhookMessage(url, Event, caller.Subject, DataOf(result)), cancellationToken);
            results.Add(new FrameHookResult(hook.Name, Scheduled));
        }
        return results;
    }

    /// <summary>After the commit: rebuilds the atlas where it was asked for, once.</summary>
    /// <param name="scheduled">What <see cref="ScheduleAsync"/> told.</param>
    /// <param name="cancellationToken">Ends the waiting, not the rebuild.</param>
    public async Task<IReadOnlyList<FrameHookResult>> RunAsync(IReadOnlyList<FrameHookResult> scheduled, CancellationToken cancellationToken)
    {
        if (scheduled.All(hook => hook.Name != FrameHook.AtlasRebuild))
            return scheduled;
        var rebuilt = await RebuildAsync(cancellationToken);
        return [.. scheduled.Select(hook => hook.Name == FrameHook.AtlasRebuild ? rebuilt : hook)];
    }

    private async Task<FrameHookResult> RebuildAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The rebuild is asked for even when nobody waits for the answer any more.
            var isBuilt = await rebuildAtlas(CancellationToken.None).WaitAsync(cancellationToken);
            return new FrameHookResult(FrameHook.AtlasRebuild, isBuilt ? "completed" : Scheduled);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new FrameHookResult(FrameHook.AtlasRebuild, Scheduled);
        }
        catch (Exception exception)
        {
            // Whatever it is: the frames are stored, and the answer must say so.
            LogFailed(logger, FrameHook.AtlasRebuild, exception);
            var text = exception is BatchFaultException fault ? fault.Error.Detail : "The atlas could not be rebuilt.";
            return new FrameHookResult(FrameHook.AtlasRebuild, "failed", text);
        }
    }

    private static byte[] DataOf(FrameBatchResult result)
    {
        var data = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(data, WireJson.Writing))
        {
            writer.WriteStartObject();
            result.WriteMembers(writer);
            writer.WriteEndObject();
        }
        return data.WrittenSpan.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hook {Hook} failed after its frames were stored")]
    private static partial void LogFailed(ILogger logger, string hook, Exception exception);
}
