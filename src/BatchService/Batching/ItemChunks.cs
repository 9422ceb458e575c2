using System.Runtime.CompilerServices;
using System.Text.Json;

namespace BatchService.Batching;

/// <summary>Reads and checks one item.</summary>
/// <param name="pointer">The item's place in the request.</param>
/// <param name="errors">Receives what is wrong with it; then the item is not used.</param>
internal delegate TItem ItemReading<out TItem>(ItemInput input, string pointer, List<Error> errors);

/// <summary>
/// Checks items as they arrive and cuts them into chunks: when enough have come, and, of items that a client is still sending, also when
/// it pauses, so that a slow one sees what became of those it sent.
/// </summary>
/// <param name="root">The place of the array in a JSON request: <c>/items</c>. Streams say it in the same way.</param>
/// <param name="read">Called for each item in order.</param>
internal sealed class ItemChunks<TItem>(string root, int chunkItems, ItemReading<TItem> read)
    where TItem : IBatchItem
{
    private List<TItem> _items = [];
    private List<ItemOutcome> _refused = [];
    private List<Error> _errors = [];
    private int _count;
    private int _next;

    /// <summary>The items of a stream, in constant memory.</summary>
    /// <param name="pauses">Notices that the sender pauses; null where all items are there already.</param>
    public async IAsyncEnumerable<ItemChunk<TItem>> ReadAsync(
        IAsyncEnumerable<ItemInput> inputs, SenderPauses? pauses, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // An item that is still awaited when the reader of the chunks has had enough must not be awaited any longer.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var source = inputs.GetAsyncEnumerator(stop.Token);
        var next = Task.FromResult(true);
        try
        {
            while (true)
            {
                next = source.MoveNextAsync().AsTask();
                if (pauses is not null && _count > 0 && !next.IsCompleted && await pauses.BeginsBeforeAsync(next, cancellationToken))
                    yield return Take(isLast: false);
                if (!await next)
                    break;
                Add(source.Current);
                if (_count == chunkItems)
                    yield return Take(isLast: false);
            }
            if (_count > 0)
                yield return Take(isLast: true);
        }
        finally
        {
            await stop.CancelAsync();
            await next.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await source.DisposeAsync();
        }
    }

    /// <summary>The items of a JSON array.</summary>
    public IReadOnlyList<ItemChunk<TItem>> Read(JsonElement items)
    {
        var chunks = new List<ItemChunk<TItem>>();
        var left = items.GetArrayLength();
        foreach (var item in items.EnumerateArray())
        {
            Add(new ItemInput(_next, item));
            if (_count == chunkItems || _next == left)
                chunks.Add(Take(isLast: _next == left));
        }
        return chunks;
    }

    /// <summary>Items that follow each other, from wherever they begin, as one chunk.</summary>
    public ItemChunk<TItem> Read(IReadOnlyList<ItemInput> inputs, bool isLast)
    {
        _next = inputs[0].Index;
        foreach (var input in inputs)
            Add(input);
        return Take(isLast);
    }

    private void Add(ItemInput input)
    {
        var pointer = JsonPointer.Append(root, input.Index);
        var before = _errors.Count;
        TItem? item = default;
        if (input.Error is { } unreadable)
            _errors.Add(unreadable with { Pointer = unreadable.Pointer ?? pointer });
        else
            item = read(input, pointer, _errors);
        for (var position = before; position < _errors.Count; position++)
            _errors[position] = _errors[position] with { Index = input.Index };
        if (_errors.Count == before)
            _items.Add(item!);
        else
            _refused.Add(ItemOutcome.Failed(input.Index, _errors[before]));
        _count++;
        _next++;
    }

    private ItemChunk<TItem> Take(bool isLast)
    {
        var chunk = new ItemChunk<TItem>(_next - _count, _count, _items, _refused, _errors, isLast);
        (_items, _refused, _errors, _count) = ([], [], [], 0);
        return chunk;
    }
}
