using System.Data.Common;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>
/// Stores a batch of frames, all or none, and runs its hooks after the commit: the one way in for every door.
/// </summary>
internal sealed partial class FrameIngestion(AtomicWrite writes, FrameHooks hooks, ILogger<FrameIngestion> logger)
{
    /// <summary>The answer, or the errors of a request that may not run at all (its idempotency key is in use).</summary>
    /// <param name="shape">Makes the answer of a result; called again when the result becomes more certain.</param>
    public async Task<(StoredAnswer? Answer, IReadOnlyList<Error> Refusals)> RunAsync(
        FrameBatchRequest request,
        Caller caller,
        IdempotencyKey? key,
        Func<FrameBatchResult, StoredAnswer> shape,
        CancellationToken cancellationToken)
    {
        var batch = FrameBatchCheck.Check(request);
        if (batch.Refused is { } refused)
            return (shape(refused), []);
        var frames = batch.Frames;
        var stored = FrameBatchCheck.Stored(batch);
        WriteResult written;
        try
        {
            written = await writes.RunAsync(
                key,
                caller,
                async (connection, token) =>
                {
                    await FrameWriter.WriteAsync(connection, frames, caller.Subject, token);
                    stored = stored with { Hooks = await FrameHooks.ScheduleAsync(connection, request.OnSuccess, stored, caller, token) };
                    return WriteResult.Done(shape(stored));
                },
                cancellationToken);
        }
        catch (BatchFaultException fault)
        {
            return (shape(FrameBatchCheck.Failed(frames, fault.Error, fault.IsOutcomeUnknown)), []);
        }
        catch (DbException exception)
        {
            LogStoreFailed(logger, exception);
            return (shape(FrameBatchCheck.Failed(frames, new Error(ErrorCodes.Internal, "An internal error occurred."), isUnknown: false)), []);
        }
        return written.Answer is { } answer
            ? (await FinishAsync(request, caller, key, stored, answer, shape, cancellationToken), [])
            : (null, written.Errors);
    }

    private async Task<StoredAnswer> FinishAsync(
        FrameBatchRequest request,
        Caller caller,
        IdempotencyKey? key,
        FrameBatchResult stored,
        StoredAnswer answer,
        Func<FrameBatchResult, StoredAnswer> shape,
        CancellationToken cancellationToken)
    {
        if (request.OnSuccess.Count == 0)
            return answer;
        if (answer.IsReplay)
        {
            // The first request may have died between its commit and its hooks. To rebuild once too often does no harm.
            await hooks.RunAsync([.. request.OnSuccess.Select(hook => new FrameHookResult(hook.Name, ""))], cancellationToken);
            return answer;
        }
        var final = await hooks.RunAsync(stored.Hooks, cancellationToken);
        if (ReferenceEquals(final, stored.Hooks))
            return answer;
        answer = shape(stored with { Hooks = final });
        if (key is not null)
            await writes.AmendAsync(key, caller, answer);
        return answer;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The store failed unexpectedly")]
    private static partial void LogStoreFailed(ILogger logger, Exception exception);
}
