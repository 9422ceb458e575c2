using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Attestations;

/// <summary>Jobs that create attestations; options <c>mode</c> (best effort unless it says atomic) and <c>chunk_size</c>.</summary>
internal sealed class AttestationJobType(TimeProvider time) : JobType
{
    public override string Name => "attestations";

    public override ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal("attestations:write") is { } refusal)
            errors.Add(refusal);
        var fields = new FieldReader(options, "/options", errors);
        var mode = fields.Choice("mode", required: false, "atomic", "best_effort");
        // Jobs find the size of their chunks themselves; a client that sends the same body as to the batch endpoint need not take it out.
        _ = fields.Integer("chunk_size", required: false, 1, AttestationLimits.MaxChunkSize);
        fields.RefuseOthers();
        return ValueTask.FromResult(new JobMode(Atomic: mode == "atomic", ContinueOnError: true));
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var mode = await CheckAsync(work.Options, work.Caller, [], cancellationToken);
        return JobRun.Of(
            work,
            new BatchMode(mode.Atomic, mode.ContinueOnError),
            new AttestationReader(time.GetMicroseconds()).Read,
            items => items.Count == 0 ? [] : [new AttestationWriteSet(items, representation: true) { Caller = work.Caller }]);
    }
}
