using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;
using Npgsql;

namespace BatchService.Attestations;

/// <summary>Jobs of searches: items are the filters of a call, and what each finds is its output. No options.</summary>
internal sealed class AttestationQueryJobType(AttestationBatches batches) : JobType
{
    public const string TypeName = "attestation_query";

    public override string Name => TypeName;

    /// <summary>One search may find megabytes.</summary>
    public override int MaxChunkItems => 1;

    public override ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal("attestations:read") is { } refusal)
            errors.Add(refusal);
        new FieldReader(options, "/options", errors).RefuseOthers();
        return ValueTask.FromResult(JobMode.BestEffort);
    }

    public override ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var owner = batches.OwnerFor(work.Caller);
        return ValueTask.FromResult(JobRun.Of(
            work,
            new BatchMode(Atomic: false, ContinueOnError: true),
            (input, pointer, errors) => new AttestationSearch(input.Index, AttestationFilter.Read(input.Json, pointer, owner, errors), pointer),
            searches => [.. searches.Select(search => new AttestationSearchSet(search) { Caller = work.Caller })]));
    }
}

/// <summary>A filter as an item.</summary>
internal sealed record AttestationSearch(int Index, AttestationFilter Filter, string Pointer) : IBatchItem;

/// <summary>One search; the row of its outcome is the array of what it finds.</summary>
internal sealed class AttestationSearchSet(AttestationSearch search) : WriteSet
{
    public override int Count => 1;

    public override int IndexOf(int position) => search.Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand();
        command.CommandText = AttestationQuery.ToSql(search.Filter, after: null, command.Parameters);
        return command;
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var found = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(found, WireJson.Writing))
        {
            writer.WriteStartArray();
            while (await reader.ReadAsync(cancellationToken))
                AttestationQuery.Read(reader).Write(writer);
            writer.WriteEndArray();
        }
        return new SetAnswer([new ItemOutcome(search.Index, ItemStatus.Completed) { Rows = [found.WrittenMemory] }]);
    }

    public override Error Blame(int position, Error error) => error with { Pointer = search.Pointer, Index = search.Index };
}
