using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Attestations;

/// <summary>
/// Jobs that delete attestations: items <c>{id}</c>, so that a download has a column to show; option <c>mode</c> (best effort unless it
/// says atomic).
/// </summary>
internal sealed class AttestationDeleteJobType(AttestationBatches batches) : JobType
{
    public const string TypeName = "attestation_delete";

    private const string Id = "id";

    public override string Name => TypeName;

    public override bool TakesCsv => true;

    public override ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal("attestations:delete") is { } refusal)
            errors.Add(refusal);
        var fields = new FieldReader(options, "/options", errors);
        var mode = fields.Choice("mode", required: false, "atomic", "best_effort");
        fields.RefuseOthers();
        return ValueTask.FromResult(new JobMode(Atomic: mode == "atomic", ContinueOnError: true));
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var mode = await CheckAsync(work.Options, work.Caller, [], cancellationToken);
        var reader = new AttestationIdReader();
        var owner = batches.OwnerFor(work.Caller);
        var record = work.Header is null ? null : new CsvRecord(work.Header, [], []);
        return JobRun.Of(
            work,
            new BatchMode(mode.Atomic, mode.ContinueOnError),
            (input, pointer, errors) => Read(reader, record is null ? input : input with { Json = record.ToJson(input.Fields ?? []) }, pointer, errors),
            ids => ids.Count == 0 ? [] : [new AttestationDeleteSet(ids, owner) { Caller = work.Caller }]);
    }

    /// <summary>The ids of a call as items of a job.</summary>
    public static JsonElement ToItems(JsonElement ids) =>
        JsonSerializer.SerializeToElement(ids.EnumerateArray().Select(id => new Dictionary<string, JsonElement> { [Id] = id }));

    /// <summary>What an id must be is the same as in the call.</summary>
    private static AttestationId Read(AttestationIdReader reader, ItemInput input, string pointer, List<Error> errors)
    {
        var fields = new FieldReader(input.Json, pointer, errors);
        var id = fields.Raw(Id);
        fields.RefuseOthers();
        return reader.Read(input with { Json = id }, fields.PlaceOf(Id), errors) with { Pointer = pointer };
    }
}
