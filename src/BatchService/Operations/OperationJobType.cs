using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Entities;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Operations;

/// <summary>
/// Jobs of operations: options as in <c>POST /batch</c>, of which <c>atomic</c> is false and <c>continueOnError</c> true unless they say
/// otherwise. Operations that depend on each other stay in one part.
/// </summary>
internal sealed class OperationJobType(CatalogCache catalogs, IOptions<BatchOptions> limits) : JobType
{
    /// <summary>Operations of one job: their ids and dependencies are in memory together when it is accepted.</summary>
    private const int MaxOperations = 100_000;

    /// <summary>Operations that must stay together.</summary>
    private const int MaxTogether = 1_000;

    private const string ParsedRoot = "/operations";

    public override string Name => "operations";

    public override ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        var parsed = ReadOptions(options, errors);
        return ValueTask.FromResult(new JobMode(parsed.Atomic, parsed.ContinueOnError));
    }

    /// <summary>Ids, dependencies and references are checked over the whole job; a cut is where none of them crosses.</summary>
    public override async ValueTask<Func<int, bool>?> InspectAsync(JobInspection job, List<Error> errors, CancellationToken cancellationToken)
    {
        var found = new List<Error>();
        var operations = new List<Operation>();
        await foreach (var item in job.Items.WithCancellation(cancellationToken))
        {
            if (operations.Count == MaxOperations)
            {
                errors.Add(JobOrder.TooMany(MaxOperations, job.Root));
                return null;
            }
            if (item.Error is { } unreadable)
                found.Add(unreadable with { Index = item.Index, Pointer = unreadable.Pointer ?? JsonPointer.Append(ParsedRoot, item.Index) });
            // A line that cannot be read keeps its place: the indexes of the others are theirs.
            operations.Add(item.Error is null
                ? BatchParser.ParseOperation(item.Json, item.Index, found)
                : new Operation(item.Index, $"op_{item.Index}", "", default, default, default, default, [], default));
        }
        var cuts = operations.Count == 0 ? null : await InspectAsync(operations, job, found, cancellationToken);
        errors.AddRange(found.Select(error => error with { Pointer = FromRoot(error.Pointer, job.Root) }));
        return cuts;
    }

    private async Task<Func<int, bool>?> InspectAsync(
        List<Operation> operations, JobInspection job, List<Error> errors, CancellationToken cancellationToken)
    {
        var options = ReadOptions(job.Options, []);
        if (errors.Count > 0)
        {
            BatchChecker.Link(operations, limits.Value, errors);
            return null;
        }
        var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var batch = BatchChecker.Check(new OperationBatch(operations, options), catalog, job.Caller, limits.Value, errors);
        if (batch is null)
            return null;
        errors.AddRange(RefusalsOf(batch));
        return Cuts(batch.Graph, operations.Count, options, errors);
    }

    /// <summary>
    /// A job that can do nothing is refused at once: an atomic one of which the caller may not run every operation, and any of which it may
    /// run none. Otherwise the operations that it may not run fail by themselves.
    /// </summary>
    private static IReadOnlyList<Error> RefusalsOf(CheckedBatch batch)
    {
        var refusals = batch.Operations.Select(planned => planned.Errors.Where(error => error.Code == ErrorCodes.PermissionDenied).ToList()).ToList();
        return batch.Options.Atomic || refusals.TrueForAll(found => found.Count > 0) ? [.. refusals.SelectMany(found => found)] : [];
    }

    /// <summary>The parser takes its operations for those of <c>POST /batch</c>.</summary>
    private static string? FromRoot(string? pointer, string root) =>
        pointer is not null && pointer.StartsWith(ParsedRoot, StringComparison.Ordinal) ? root + pointer[ParsedRoot.Length..] : pointer;

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var inputs = await work.Open(cancellationToken).SelectMany(chunk => chunk.Items.ToAsyncEnumerable()).ToListAsync(cancellationToken);
        var body = ToBody(inputs, ReadOptions(work.Options, []), work.FirstIndex);
        var batch = BatchParser.Parse(body, int.MaxValue, [])!;
        var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var errors = new List<Error>();
        var checkedBatch = BatchChecker.Check(batch, catalog, work.Caller, limits.Value, errors)
            ?? throw new BatchFaultException(errors[0]);
        var done = Enumerable.Range(work.FirstIndex, inputs.Count)
            .Select(index => (Index: index - work.FirstIndex, Outcome: work.Done.Find(index)))
            .Where(pair => pair.Outcome is not null)
            .Select(pair => pair.Outcome! with { Index = pair.Index })
            .ToList();
        var plan = new OperationPlan(checkedBatch, done);
        return new JobRun(
            plan,
            batch.Options.Mode,
            work.FirstIndex,
            token => work.Outcomes.AddAsync([.. plan.Outcomes.OfType<ItemOutcome>()], token))
        { Output = new JobOutput((writer, outcome) => WriteOutput(writer, checkedBatch, outcome), outcome => !BatchResponse.ShowsRows(checkedBatch, outcome.Index)) };
    }

    /// <summary>What <c>POST /batch</c> tells of the operation.</summary>
    private static void WriteOutput(Utf8JsonWriter writer, CheckedBatch batch, ItemOutcome outcome)
    {
        writer.WriteStartObject();
        BatchResponse.WriteOutput(writer, batch, outcome);
        writer.WriteEndObject();
    }

    /// <summary>With its rows apart again, shown or not: later operations may refer to them.</summary>
    public override ItemOutcome Restore(JobResult result)
    {
        var output = JsonElement.Parse(result.Output.Span);
        return new ItemOutcome(result.Index, ItemStatus.Replayed)
        {
            Affected = output.GetProperty("affected"u8).GetInt32(),
            Rows = output.TryGetProperty("data"u8, out var data)
                ? [.. data.EnumerateArray().Select(row => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(row.GetRawText())))]
                : result.HiddenRows,
            Results = ResultsOf(output),
            Truncated = output.TryGetProperty("truncated"u8, out _),
        };
    }

    private static IReadOnlyList<string> ResultsOf(JsonElement output)
    {
        if (output.TryGetProperty("outcome"u8, out var single))
            return [single.GetString()!];
        return output.TryGetProperty("outcomes"u8, out var many) ? [.. many.EnumerateArray().Select(result => result.GetString()!)] : [];
    }

    private static RequestOptions ReadOptions(JsonElement options, List<Error> errors)
    {
        var parsed = RequestOptionsParser.Parse(options, "/options", errors, RequestOptions.OfJobs);
        if (parsed.RefusalOfJob is { } refusal)
            errors.Add(refusal);
        return parsed;
    }

    internal static Func<int, bool> Cuts(DependencyGraph graph, int count, RequestOptions options, List<Error> errors)
    {
        // How many dependencies begin to cross, or cease to, before each operation.
        var changes = new int[count + 1];
        for (var index = 0; index < count; index++)
        {
            foreach (var other in graph.DependenciesOf(index))
            {
                changes[Math.Min(index, other) + 1]++;
                changes[Math.Max(index, other) + 1]--;
            }
        }
        var open = 0;
        var crossed = new bool[count];
        for (var index = 0; index < count; index++)
        {
            open += changes[index];
            crossed[index] = open > 0;
        }
        if (options is { Atomic: false, ContinueOnError: true } && LongestRun(crossed) is > MaxTogether and var longest)
            errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Operations that depend on each other span {longest} operations; the limit is {MaxTogether}. Put them closer together.", ParsedRoot));
        return index => !crossed[index];
    }

    private static int LongestRun(bool[] crossed)
    {
        var (longest, run) = (0, 0);
        foreach (var isCrossed in crossed)
        {
            run = isCrossed ? run + 1 : 1;
            longest = Math.Max(longest, run);
        }
        return longest;
    }

    /// <summary>The part as a request of its own. Operations without an id get the one that they have in the job.</summary>
    private static JsonElement ToBody(List<ItemInput> inputs, RequestOptions options, int first)
    {
        var operations = new JsonArray();
        foreach (var (input, position) in inputs.Select((input, position) => (input, position)))
        {
            var operation = JsonObject.Create(input.Json)!;
            if (operation["id"] is null)
                operation["id"] = $"op_{first + position}";
            operations.Add((JsonNode)operation);
        }
        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["operations"] = operations,
            ["options"] = new JsonObject
            {
                ["atomic"] = options.Atomic,
                ["continueOnError"] = options.ContinueOnError,
                ["return"] = options.Representation ? "representation" : "minimal",
            },
        });
    }
}
