namespace BatchService.Batching;

/// <summary>
/// Runs items of one kind chunk by chunk. Decided chunks go to their <see cref="OutcomeSink"/> at once, so that a stream of any length needs
/// the memory of one chunk.
/// </summary>
/// <param name="open">Opens the items from the start; called once for each attempt, and for best effort only once at all.</param>
/// <param name="arrange">Arranges items into as few statements as keep the meaning of doing one after the other.</param>
/// <param name="done">What an earlier request with the same key has decided.</param>
internal sealed class ItemPlan<TItem>(
    Func<CancellationToken, IAsyncEnumerator<ItemChunk<TItem>>> open,
    Func<IReadOnlyList<TItem>, IReadOnlyList<WriteSet>> arrange,
    BatchMode mode,
    OutcomeSink results,
    ReplayedItems done) : BatchPlan, IAsyncDisposable
    where TItem : IBatchItem
{
    private IAsyncEnumerator<ItemChunk<TItem>>? _source;
    private bool _isRestarted;
    private ItemChunk<TItem>? _chunk;
    private ItemOutcome?[] _outcomes = [];
    private int _undecided;
    private bool _isTold;
    private bool _hasFailed;
    private IReadOnlyDictionary<int, ItemOutcome> _known = new Dictionary<int, ItemOutcome>();

    public override bool HasFailed => _hasFailed;

    public override void Restart(bool inOrder, IReadOnlyDictionary<int, ItemOutcome> knownFailures)
    {
        _isRestarted = true;
        _chunk = null;
        _hasFailed = false;
        _known = knownFailures;
        results.Clear();
    }

    public override async ValueTask<BatchStage> NextAsync(CancellationToken cancellationToken)
    {
        if (_hasFailed && !mode.ContinueOnError)
            return BatchStage.End;
        var source = await OpenAsync(cancellationToken);
        while (await source.MoveNextAsync())
        {
            await BeginChunkAsync(source.Current, cancellationToken);
            var sets = arrange(Runnable());
            if (sets.Count > 0)
                return new BatchStage(sets, _chunk!.IsLast);
            if (_hasFailed && !mode.ContinueOnError)
                break;
        }
        return BatchStage.End;
    }

    public override async ValueTask RecordAsync(IReadOnlyList<ItemOutcome> outcomes, bool committed, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes)
        {
            ref var slot = ref _outcomes[outcome.Index - _chunk!.First];
            if (slot is null)
                _undecided--;
            slot = outcome;
            _hasFailed |= outcome.Status == ItemStatus.Failed;
        }
        if (_undecided == 0 && !_isTold)
            await FlushAsync(cancellationToken);
    }

    /// <summary>Tells the items that were not reached, to the end of the request.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_chunk is not null && !_isTold)
            await FlushAsync(cancellationToken);
        var source = await OpenAsync(cancellationToken);
        while (await source.MoveNextAsync())
        {
            await BeginChunkAsync(source.Current, cancellationToken);
            if (!_isTold)
                await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Stops reading: a client may still be sending when the batch has met its end.</summary>
    public ValueTask DisposeAsync() => _source?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<IAsyncEnumerator<ItemChunk<TItem>>> OpenAsync(CancellationToken cancellationToken)
    {
        if (_isRestarted && _source is not null)
        {
            await _source.DisposeAsync();
            _source = null;
        }
        _isRestarted = false;
        return _source ??= open(cancellationToken);
    }

    private async Task BeginChunkAsync(ItemChunk<TItem> chunk, CancellationToken cancellationToken)
    {
        _chunk = chunk;
        _outcomes = new ItemOutcome?[chunk.Count];
        _undecided = chunk.Count;
        _isTold = false;
        await RecordAsync(mode.Atomic ? KnownIn(chunk) : done.In(chunk.First, chunk.Count), committed: true, cancellationToken);
        await RecordAsync(chunk.Refused, committed: true, cancellationToken);
    }

    private List<ItemOutcome> KnownIn(ItemChunk<TItem> chunk) => _known.Count == 0
        ? []
        : [.. chunk.Items.Select(item => _known.GetValueOrDefault(item.Index)).OfType<ItemOutcome>()];

    /// <summary>The items to write; when a failure stops the run, only those before the first that failed, now or in an earlier run.</summary>
    private IReadOnlyList<TItem> Runnable()
    {
        var items = done.Count > 0 ? [.. _chunk!.Items.Where(item => !done.Contains(item.Index))] : _chunk!.Items;
        var first = mode.ContinueOnError ? -1 : Array.FindIndex(_outcomes, outcome => outcome?.Status == ItemStatus.Failed);
        return first < 0 ? items : [.. items.TakeWhile(item => item.Index < _chunk.First + first)];
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        _isTold = true;
        await results.AddAsync(
            [.. _outcomes.Select((outcome, position) => outcome ?? new ItemOutcome(_chunk!.First + position, ItemStatus.NotExecuted))],
            cancellationToken);
    }
}
