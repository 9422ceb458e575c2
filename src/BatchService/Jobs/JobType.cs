using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>A kind of job: what a domain gives so that its batches can run in the background. One object serves all jobs of the kind.</summary>
internal abstract class JobType
{
    /// <summary>The <c>job_type</c> on the wire.</summary>
    public abstract string Name { get; }

    /// <summary>Results hold secrets, which are taken out of them after a while.</summary>
    public virtual bool HasSecrets => false;

    /// <summary>Items may be CSV records: <see cref="ItemInput.Fields"/> in the order of the header.</summary>
    public virtual bool TakesCsv => false;

    /// <summary>How many items are written together at most: less where one may come to much.</summary>
    public virtual int MaxChunkItems => 10_000;

    /// <summary>
    /// Checks what is asked for besides the items: rights, targets, options. What is found to be wrong refuses the job.
    /// </summary>
    /// <param name="options">The job's <c>options</c>; an empty object when absent.</param>
    /// <param name="errors">Receives what is wrong.</param>
    public abstract ValueTask<JobMode> CheckAsync(JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at all items before the job is accepted, for what makes it wrong as a whole; and tells where it may be cut into parts, which
    /// run in any order. By default no item is looked at, and a cut may be anywhere.
    /// </summary>
    /// <param name="errors">Receives what is wrong.</param>
    /// <returns>Whether a part may begin at an index; null: anywhere.</returns>
    public virtual ValueTask<Func<int, bool>?> InspectAsync(JobInspection job, List<Error> errors, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Func<int, bool>?>(null);

    /// <summary>Makes the plan that runs the items of a part.</summary>
    public abstract ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken);

    /// <summary>Runs last in each transaction that has effects of a job: what it writes stands or falls with them.</summary>
    public virtual Task BeforeCommitAsync(
        NpgsqlConnection connection, JobHead job, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The outcome of an item that an earlier worker completed.</summary>
    public virtual ItemOutcome Restore(JobResult result) =>
        new(result.Index, ItemStatus.Replayed) { Rows = result.Output.IsEmpty ? [] : [result.Output] };

    /// <summary>The output without its secrets.</summary>
    public virtual byte[] Redact(JsonElement output) => JsonSerializer.SerializeToUtf8Bytes(output);

    /// <summary>An item as it was sent, without its secrets.</summary>
    /// <param name="input">A JSON value, or the fields of a CSV record.</param>
    /// <param name="header">The column names of CSV records; null for JSON.</param>
    public virtual byte[] RedactInput(JsonElement input, IReadOnlyList<string>? header) => JsonSerializer.SerializeToUtf8Bytes(input);
}

/// <summary>A job that is to be accepted, for a look at all of its items.</summary>
/// <param name="Options">An object.</param>
/// <param name="Header">The column names, when items are CSV records.</param>
/// <param name="Items">From the start, those that cannot be read among them.</param>
/// <param name="Root">The place that pointers to items begin with.</param>
internal sealed record JobInspection(
    Caller Caller, JsonElement Options, IReadOnlyList<string>? Header, IAsyncEnumerable<ItemInput> Items, string Root);

/// <summary>How the items of a job stand to each other.</summary>
/// <param name="Atomic">All of them in one transaction.</param>
/// <param name="ContinueOnError">False: the first failure stops the job, so that its items run one after the other.</param>
/// <param name="IsOrdered">Items take effect in their order, and later ones may build on earlier ones.</param>
internal readonly record struct JobMode(bool Atomic, bool ContinueOnError, bool IsOrdered = false)
{
    public static readonly JobMode BestEffort = new(false, true);

    /// <summary>One worker runs all of it.</summary>
    public bool IsWhole => Atomic || !ContinueOnError || IsOrdered;
}

/// <summary>A part of a job on its way through a worker.</summary>
/// <param name="Header">The column names, when items are CSV records.</param>
/// <param name="FirstIndex">The index of the part's first item.</param>
/// <param name="Open">The items in chunks, from the start; never an empty chunk.</param>
/// <param name="Outcomes">Where the plan tells what became of the items.</param>
/// <param name="Done">What earlier workers have decided already.</param>
internal sealed record JobWork(
    Caller Caller,
    JsonElement Options,
    IReadOnlyList<string>? Header,
    int FirstIndex,
    Func<CancellationToken, IAsyncEnumerable<JobChunk>> Open,
    OutcomeSink Outcomes,
    ReplayedItems Done);

/// <summary>Items that are written together.</summary>
internal sealed record JobChunk(IReadOnlyList<ItemInput> Items, bool IsLast);

/// <summary>How a part is run.</summary>
/// <param name="Offset">The index of an item less that of its outcome.</param>
/// <param name="FinishAsync">Called after the run: tells <see cref="JobWork.Outcomes"/> what it has not been told yet.</param>
internal sealed record JobRun(BatchPlan Plan, BatchMode Mode, int Offset, Func<CancellationToken, Task> FinishAsync)
{
    /// <summary>How what completed items came to is stored.</summary>
    public JobOutput Output { get; init; } = JobOutput.FirstRow;

    /// <summary>The run of items of one kind.</summary>
    public static JobRun Of<TItem>(
        JobWork work, BatchMode mode, ItemReading<TItem> read, Func<IReadOnlyList<TItem>, IReadOnlyList<WriteSet>> arrange)
        where TItem : IBatchItem
    {
        var chunks = new ItemChunks<TItem>("", int.MaxValue, read);
        var plan = new ItemPlan<TItem>(
            token => work.Open(token).Select(chunk => chunks.Read(chunk.Items, chunk.IsLast)).GetAsyncEnumerator(token),
            arrange,
            mode,
            work.Outcomes,
            work.Done);
        return new JobRun(plan, mode, 0, plan.FinishAsync);
    }
}

/// <summary>How what completed items came to is stored.</summary>
/// <param name="Write">Writes an item's <c>output_data</c>.</param>
/// <param name="HidesRows">Its rows are no part of that, and kept all the same for items that refer to them.</param>
internal sealed record JobOutput(Action<Utf8JsonWriter, ItemOutcome> Write, Func<ItemOutcome, bool> HidesRows)
{
    /// <summary>The item's only row.</summary>
    public static readonly JobOutput FirstRow = new(WriteFirstRow, _ => false);

    private static void WriteFirstRow(Utf8JsonWriter writer, ItemOutcome outcome)
    {
        if (outcome.Rows is [var row, ..])
            writer.WriteRawValue(row.Span, skipInputValidation: true);
        else
            writer.WriteNullValue();
    }
}
