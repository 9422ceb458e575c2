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

    public override bool TakesCsv => true;

    public override ValueTask<JobMode> CheckAsync(JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        if (caller.Refusal(kind.Scope) is { } refusal)
            errors.Add(refusal);
        var parsed = RequestOptionsParser.Parse(options, "/options", errors, RequestOptions.OfJobs);
        if (parsed.RefusalOfJob is { } unfit)
            errors.Add(unfit);
        return ValueTask.FromResult(new JobMode(parsed.Atomic, parsed.ContinueOnError));
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var mode = await CheckAsync(work.Options, work.Caller, [], cancellationToken);
        return JobRun.Of(
            work, new BatchMode(mode.Atomic, mode.ContinueOnError), OpenReader(work), items => kind.Arrange(items, work.Caller));
    }

    public override byte[] Redact(JsonElement output) => Without(output, kind.Secret);

    public override byte[] RedactInput(JsonElement input, IReadOnlyList<string>? header) => header is null
        ? Without(input, kind.SentSecret)
        : JsonSerializer.SerializeToUtf8Bytes(input.EnumerateArray().Select(
            (field, column) => column < header.Count && header[column] == kind.SentSecret ? null : field.GetString()));

    /// <summary>A CSV record is read as the object whose members are its columns; an empty field is none.</summary>
    private ItemReading<TItem> OpenReader(JobWork work)
    {
        var read = kind.OpenReader(work.Caller);
        if (work.Header is null)
            return read;
        var record = new CsvRecord(work.Header, kind.Flags, kind.Objects);
        return (input, pointer, errors) => read(input with { Json = record.ToJson(input.Fields ?? []) }, pointer, errors);
    }

    private static byte[] Without(JsonElement value, string? secret) => secret is null || value.ValueKind != JsonValueKind.Object
        ? JsonSerializer.SerializeToUtf8Bytes(value)
        : JsonSerializer.SerializeToUtf8Bytes(
            value.EnumerateObject().Where(member => !member.NameEquals(secret)).ToDictionary(member => member.Name, member => member.Value));
}
