namespace BatchService.Batching;

/// <summary>Takes the outcomes of a batch of items, chunk by chunk and in request order, from the plan that decides them.</summary>
internal abstract class OutcomeSink
{
    /// <summary>The run starts anew: what was taken so far never happened.</summary>
    public abstract void Clear();

    /// <summary>Takes the outcomes of the next chunk, one for each of its items.</summary>
    public abstract Task AddAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken);
}
