using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Frames;

/// <summary>
/// Jobs that store frames, all or none, as a batch does: options <c>failFast</c>, <c>preValidate</c>, <c>onSuccess</c>. The hooks are
/// ordered in the transaction of the frames, so that no crash comes between.
/// </summary>
internal sealed class FrameJobType(AtlasQueue atlas, IOptions<WebhookOptions> webhooks) : JobType
{
    public override string Name => "frames";

    public override ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal("frames:write") is { } refusal)
            errors.Add(refusal);
        var request = FrameBatchRequest.ParseOptions(options, "/options", [], webhooks.Value, errors);
        return ValueTask.FromResult(new JobMode(Atomic: true, ContinueOnError: !request.FailFast));
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var mode = await CheckAsync(work.Options, work.Caller, [], cancellationToken);
        return JobRun.Of(
            work,
            new BatchMode(mode.Atomic, mode.ContinueOnError),
            FrameItem.Read,
            items => items.Count == 0 ? [] : [new FrameWriteSet(items) { Caller = work.Caller }]);
    }

    public override async Task BeforeCommitAsync(
        NpgsqlConnection connection, JobHead job, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        var request = FrameBatchRequest.ParseOptions(job.Options, "/options", [], webhooks.Value, []);
        var result = new FrameBatchResult([], null, [.. outcomes.Select(outcome => new FrameResult(outcome.Id!))], []);
        await FrameHooks.ScheduleAsync(connection, request.OnSuccess, result, job.Caller, cancellationToken);
        if (request.OnSuccess.Any(hook => hook.Name == FrameHook.AtlasRebuild))
            await atlas.RequestAsync(connection, cancellationToken);
    }
}
