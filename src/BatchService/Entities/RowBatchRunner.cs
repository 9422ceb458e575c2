using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Entities;

/// <summary>What a row batch gives: one of an answer, stored bytes, or the errors of the request as a whole.</summary>
internal sealed record RowBatchEnd(RowBatchAnswer? Answer, StoredAnswer? Stored, IReadOnlyList<Error> Errors)
{
    public static RowBatchEnd Refused(params IReadOnlyList<Error> errors) => new(null, null, errors);
}

/// <summary>Runs many rows of one entity: check, plan, write, collect.</summary>
internal sealed class RowBatchRunner(CatalogCache catalogs, BatchWriter writer, IdempotentRun idempotency, IOptions<BatchOptions> limits)
{
    public async Task<RowBatchEnd> RunAsync(RowBatchRequest request, CancellationToken cancellationToken)
    {
        if (EntityAccess.Refusal(request.Caller, request.Entity, CheckedRows.AccessOf(request.Action)) is { } refusal)
            return RowBatchEnd.Refused(refusal);
        // A stream cannot be checked a second time, so it begins with a fresh catalog.
        var catalog = request.Source is RowSource.Streamed
            ? await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken)
            : await catalogs.GetAsync(cancellationToken);
        var checkedRows = CheckedRows.Of(request, catalog, limits.Value);
        if (!checkedRows.IsClean && request.Source is RowSource.Json)
            checkedRows = CheckedRows.Of(request, await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken), limits.Value);
        if (checkedRows.Errors.Count > 0)
            return RowBatchEnd.Refused(checkedRows.Errors);
        var results = new RowResults(request.Live, request.Separator, request.Options.OnlyFailed, request.Options.Atomic);
        if (checkedRows.IsDecided(request.Options))
            return new RowBatchEnd(await TellAsync(checkedRows, request, results, cancellationToken), null, []);
        if (request.Key is null || request.Options.Validate != Validation.None)
            return new RowBatchEnd(await WriteAsync(checkedRows, request, results, null, ReplayedRows.None, cancellationToken), null, []);
        return await WriteWithKeyAsync(checkedRows, request, results, cancellationToken);
    }

    private async Task<RowBatchEnd> WriteWithKeyAsync(
        CheckedRows rows, RowBatchRequest request, RowResults results, CancellationToken cancellationToken)
    {
        var (stored, refusal) = await idempotency.RunAsync(
            request.Key,
            request.Options.Atomic,
            request.Caller,
            () => request.Shape(new RowBatchAnswer(results, Committed: true, Aborted: false, [], null)),
            async (hook, done) =>
            {
                var answer = await WriteAsync(rows, request, results, hook, new ReplayedRows(done), cancellationToken);
                return answer is null
                    ? new RunAnswer(null, HasEffects: false)
                    : new RunAnswer(await request.Shape(answer), answer.Committed, IsInterrupted: answer.Fault is not null);
            },
            cancellationToken);
        await results.DisposeAsync();
        return new RowBatchEnd(null, stored, refusal is null ? [] : [refusal]);
    }

    /// <summary>Null when the hook refused.</summary>
    private async Task<RowBatchAnswer?> WriteAsync(
        CheckedRows rows, RowBatchRequest request, RowResults results, TransactionHook? hook, ReplayedRows done, CancellationToken cancellationToken)
    {
        var plan = new RowPlan(rows.Open, rows.Task!, request.Options.Mode, results, done);
        var end = await writer.WriteAsync(plan, request.Options.Mode, request.Caller, hook, cancellationToken);
        if (end.Refused)
            return null;
        await plan.FinishAsync(CancellationToken.None);
        var aborted = request.Options.Atomic && plan.HasFailed;
        IReadOnlyList<Error> problems = aborted ? rows.ProblemsOf(results.Failures) : [];
        if (aborted)
            await results.RollBackAsync(cancellationToken);
        return new RowBatchAnswer(results, (end.Committed || done.HasEffects) && !aborted, aborted, problems, end.Fault);
    }

    /// <summary>The answer of a batch that does not run: a static dry run, or an atomic batch with a failure known before.</summary>
    private static async Task<RowBatchAnswer> TellAsync(
        CheckedRows rows, RowBatchRequest request, RowResults results, CancellationToken cancellationToken)
    {
        var status = request.Options.Validate == Validation.Static ? ItemStatus.Completed : ItemStatus.NotExecuted;
        await using var chunks = rows.Open(cancellationToken);
        while (await chunks.MoveNextAsync())
        {
            var chunk = chunks.Current;
            var outcomes = chunk.Rows.Select(row => new ItemOutcome(row.Index, status)).Concat(chunk.Refused).OrderBy(outcome => outcome.Index);
            await results.AddAsync([.. outcomes], cancellationToken);
        }
        var aborted = request.Options.Atomic && results.Totals.Failures > 0;
        IReadOnlyList<Error> problems = aborted ? rows.ProblemsOf(results.Failures) : [];
        if (aborted && status == ItemStatus.Completed)
            await results.RollBackAsync(cancellationToken);
        return new RowBatchAnswer(results, Committed: false, aborted, problems, null);
    }
}
