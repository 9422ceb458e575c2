namespace BatchService.Batching;

/// <summary>Runs a checked batch of items of one kind: plan, write, collect.</summary>
internal sealed class ItemBatchRunner(BatchWriter writer, IdempotentRun idempotency)
{
    public async Task<ItemBatchEnd> RunAsync<TItem>(ItemBatch<TItem> batch, ItemBatchRequest request, CancellationToken cancellationToken)
        where TItem : IBatchItem
    {
        var results = new ItemResults(
            request.Format, request.Live, request.Separator, request.Options.OnlyFailed, request.Options.Atomic);
        try
        {
            return await RunAsync(batch, request, results, cancellationToken);
        }
        catch
        {
            await results.DisposeAsync();
            throw;
        }
    }

    private async Task<ItemBatchEnd> RunAsync<TItem>(
        ItemBatch<TItem> batch, ItemBatchRequest request, ItemResults results, CancellationToken cancellationToken)
        where TItem : IBatchItem
    {
        if (batch.IsDecided(request.Options))
            return new ItemBatchEnd(await TellAsync(batch, request, results, cancellationToken), null, []);
        if (request.Key is null || request.Options.Validate != Validation.None)
            return new ItemBatchEnd(await WriteAsync(batch, request, results, null, ReplayedItems.None, cancellationToken), null, []);
        return await WriteWithKeyAsync(batch, request, results, cancellationToken);
    }

    private async Task<ItemBatchEnd> WriteWithKeyAsync<TItem>(
        ItemBatch<TItem> batch, ItemBatchRequest request, ItemResults results, CancellationToken cancellationToken)
        where TItem : IBatchItem
    {
        var (stored, refusal) = await idempotency.RunAsync(
            request.Key,
            request.Options.Atomic,
            request.Caller,
            () => request.Shape(new ItemBatchAnswer(results, Committed: true, Aborted: false, [], null)),
            async (hook, done) =>
            {
                var answer = await WriteAsync(batch, request, results, hook, new ReplayedItems(done), cancellationToken);
                return answer is null
                    ? new RunAnswer(null, HasEffects: false)
                    : new RunAnswer(await request.Shape(answer), answer.Committed, IsInterrupted: answer.Fault is not null);
            },
            cancellationToken);
        await results.DisposeAsync();
        return new ItemBatchEnd(null, stored, refusal is null ? [] : [refusal]);
    }

    /// <summary>Null when the hook refused.</summary>
    private async Task<ItemBatchAnswer?> WriteAsync<TItem>(
        ItemBatch<TItem> batch, ItemBatchRequest request, ItemResults results, TransactionHook? hook, ReplayedItems done, CancellationToken cancellationToken)
        where TItem : IBatchItem
    {
        await using var plan = new ItemPlan<TItem>(batch.Open, batch.Arrange, request.Options.Mode, results, done);
        var end = await WriteAsync(plan, request, hook, cancellationToken);
        if (end.Refused)
            return null;
        await plan.FinishAsync(CancellationToken.None);
        var aborted = request.Options.Atomic && plan.HasFailed;
        IReadOnlyList<Error> problems = aborted ? batch.ProblemsOf(results.Failures) : [];
        if (aborted)
            await results.RollBackAsync(cancellationToken);
        AuditEntry.Current?.Ended = results.Totals;
        var committed = (end.Committed || done.HasEffects) && !aborted && results.Totals.Successes > 0;
        return new ItemBatchAnswer(results, committed, aborted, problems, end.Fault);
    }

    /// <summary>What one statement of an atomic batch waited for in vain is its item's failure, and the others are told, too.</summary>
    private async Task<BatchEnd> WriteAsync(BatchPlan plan, ItemBatchRequest request, TransactionHook? hook, CancellationToken cancellationToken)
    {
        try
        {
            return await writer.WriteAsync(plan, request.Options.Mode, request.Caller, hook, cancellationToken);
        }
        catch (BatchFaultException fault) when (fault.Failure is not null && request.Options.IsOneTransaction)
        {
            await plan.RecordAsync([fault.Failure], committed: false, CancellationToken.None);
            return new BatchEnd(Committed: false);
        }
    }

    /// <summary>The answer of a batch that does not run: a static dry run, or an atomic batch with a failure known before.</summary>
    private static async Task<ItemBatchAnswer> TellAsync<TItem>(
        ItemBatch<TItem> batch, ItemBatchRequest request, ItemResults results, CancellationToken cancellationToken)
        where TItem : IBatchItem
    {
        var isCheck = request.Options.Validate == Validation.Static;
        var status = isCheck ? ItemStatus.Completed : ItemStatus.NotExecuted;
        await using var chunks = batch.Open(cancellationToken);
        while (await chunks.MoveNextAsync())
        {
            var chunk = chunks.Current;
            var outcomes = chunk.Items.Select(item => new ItemOutcome(item.Index, status)).Concat(chunk.Refused).OrderBy(outcome => outcome.Index);
            await results.AddAsync([.. outcomes], cancellationToken);
        }
        var aborted = request.Options.Atomic && results.Totals.Failures > 0;
        IReadOnlyList<Error> problems = aborted ? batch.ProblemsOf(results.Failures) : [];
        if (aborted && isCheck)
            await results.TellCheckedAsync(cancellationToken);
        else if (aborted)
            await results.RollBackAsync(cancellationToken);
        AuditEntry.Current?.Ended = results.Totals;
        return new ItemBatchAnswer(results, Committed: false, aborted, problems, null);
    }
}
