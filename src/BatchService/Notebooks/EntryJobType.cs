using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary>
/// Jobs that write entries: options <c>notebook_id</c>, <c>author</c>, <c>atomic</c>. One worker writes them in their order, so that an
/// entry may refer to earlier ones of the job; without <c>atomic</c>, only the bad ones fail. Whether the submitter may still write is
/// asked with every chunk.
/// </summary>
internal sealed class EntryJobType(EntryLookup lookup, NotebookJobSignal signal, TimeProvider time, IOptions<NotebookOptions> limits) : JobType
{
    public const string TypeName = "entries";

    public override string Name => TypeName;

    public override async ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        var before = errors.Count;
        if (caller.Refusal("notebooks:write") is { } refusal)
            errors.Add(refusal);
        var asked = EntryJobOptions.Read(options, errors);
        if (errors.Count == before && !await lookup.MayWriteAsync(asked.NotebookId, caller.Subject, cancellationToken))
            errors.Add(NotebookErrors.NotebookNotFound(asked.NotebookId));
        return ModeOf(asked);
    }

    public override ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var asked = EntryJobOptions.Read(work.Options, []);
        var mode = ModeOf(asked);
        var target = new EntryTarget(asked.NotebookId, work.Caller.Subject, asked.StatedAuthor, limits.Value.MaxRetries);
        var run = JobRun.Of(
            work,
            new BatchMode(mode.Atomic, mode.ContinueOnError),
            (input, pointer, errors) => EntryItem.Read(input, pointer, limits.Value.MaxContentLength, errors),
            items => items.Count == 0 ? [] : [EntryWriteSet.Of(items, target, work.Caller, time.GetUtcNow())]);
        return ValueTask.FromResult(run with
        {
            FinishAsync = async token =>
            {
                await run.FinishAsync(token);
                signal.Announce($"{asked.NotebookId}");
            },
        });
    }

    private static JobMode ModeOf(EntryJobOptions asked) => new(asked.Atomic, ContinueOnError: true, IsOrdered: true);
}
