using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Devices;

/// <summary>Jobs of one kind of items: best effort unless their options <c>atomic</c> and <c>continueOnError</c> say otherwise.</summary>
internal sealed class ItemKindJobType<TItem>(ItemKind<TItem> kind) : JobType
    where TItem : IBatchItem
{
    public override string Name => kind.Name;

    public override bool HasSecrets => kind.Secret is not null;

    public override ValueTask<JobMode> CheckAsync(JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal(kind.Scope) is { } refusal)
            errors.Add(refusal);
        var parsed = RequestOptionsParser.Parse(options, "/options", errors, RequestOptions.OfJobs);
        if (parsed.Validate != Validation.None)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "The field 'validateOnly' cannot be asked of a job", "/options/validateOnly"));
        return ValueTask.FromResult(new JobMode(parsed.Atomic, parsed.ContinueOnError));
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var mode = await CheckAsync(work.Options, work.Caller, [], cancellationToken);
        return JobRun.Of(
            work, new BatchMode(mode.Atomic, mode.ContinueOnError), kind.OpenReader(), items => kind.Arrange(items, work.Caller));
    }

    public override byte[] Redact(JsonElement output) => kind.Redact(output);
}
