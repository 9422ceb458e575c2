using System.Runtime.CompilerServices;
using System.Threading.Channels;
using BatchService.Batching;

namespace BatchService.Tests.Batching;

public sealed class ItemChunksTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualTimers _timers = new();
    private readonly Channel<ItemInput> _sent = Channel.CreateUnbounded<ItemInput>();
    private bool _isReadingOver;

    [Fact]
    public async Task Closes_a_chunk_when_it_is_full()
    {
        Send(0, 5);
        _sent.Writer.Complete();

        Assert.Equal([2, 2, 1], await SizesAsync(chunkItems: 2));
        Assert.Equal(0, _timers.Live);
    }

    [Fact]
    public async Task Says_of_the_last_chunk_that_nothing_follows()
    {
        Send(0, 3);
        _sent.Writer.Complete();

        var last = new List<bool>();
        await foreach (var chunk in Chunks(2, _timers))
            last.Add(chunk.IsLast);

        Assert.Equal([false, true], last);
    }

    [Fact]
    public async Task Closes_a_chunk_when_the_sender_pauses()
    {
        await using var chunks = Chunks(100, _timers).GetAsyncEnumerator();
        Send(0, 3);
        var first = chunks.MoveNextAsync();

        var timer = await _timers.NextAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(200), timer.DueTime);
        Assert.False(first.IsCompleted);
        timer.Fire();

        Assert.True(await first.AsTask().WaitAsync(s_patience));
        Assert.Equal((0, 3, false), (chunks.Current.First, chunks.Current.Count, chunks.Current.IsLast));
        Send(3, 2);
        _sent.Writer.Complete();
        Assert.True(await chunks.MoveNextAsync());
        Assert.Equal((3, 2, true), (chunks.Current.First, chunks.Current.Count, chunks.Current.IsLast));
        Assert.False(await chunks.MoveNextAsync());
        Assert.Equal(0, _timers.Live);
    }

    [Fact]
    public async Task Waits_for_more_while_no_item_waits_for_an_answer()
    {
        await using var chunks = Chunks(100, _timers).GetAsyncEnumerator();
        var next = chunks.MoveNextAsync();
        Assert.Equal(0, _timers.Live);

        Send(0, 1);
        (await _timers.NextAsync()).Fire();

        Assert.True(await next.AsTask().WaitAsync(s_patience));
        var after = chunks.MoveNextAsync().AsTask();
        Assert.Equal(0, _timers.Live);
        _sent.Writer.Complete();
        Assert.False(await after);
    }

    [Fact]
    public async Task Begins_to_wait_anew_with_every_item()
    {
        await using var chunks = Chunks(100, _timers).GetAsyncEnumerator();
        Send(0, 1);
        var next = chunks.MoveNextAsync();
        var first = await _timers.NextAsync();
        Send(1, 1);
        var second = await _timers.NextAsync();
        first.Fire();
        Assert.False(next.IsCompleted);

        second.Fire();

        Assert.True(await next.AsTask().WaitAsync(s_patience));
        Assert.Equal(2, chunks.Current.Count);
    }

    [Fact]
    public async Task Does_not_look_for_pauses_of_a_body_that_is_there()
    {
        await using var chunks = Chunks(100, null).GetAsyncEnumerator();
        Send(0, 1);
        var next = chunks.MoveNextAsync();
        Assert.Equal(0, _timers.Live);
        _sent.Writer.Complete();

        Assert.True(await next);
        Assert.True(chunks.Current.IsLast);
    }

    [Fact]
    public async Task Stops_reading_when_nobody_wants_another_chunk()
    {
        var chunks = Chunks(100, _timers).GetAsyncEnumerator();
        Send(0, 1);
        var next = chunks.MoveNextAsync();
        (await _timers.NextAsync()).Fire();
        Assert.True(await next);
        Assert.False(_isReadingOver);

        await chunks.DisposeAsync().AsTask().WaitAsync(s_patience);

        Assert.True(_isReadingOver);
        Assert.Equal(0, _timers.Live);
    }

    [Fact]
    public async Task Ends_when_it_is_cancelled_in_a_pause()
    {
        using var cancel = new CancellationTokenSource();
        await using var chunks = Chunks(100, _timers, cancel.Token).GetAsyncEnumerator(cancel.Token);
        Send(0, 1);
        var next = chunks.MoveNextAsync();
        await _timers.NextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Assert.True(_isReadingOver);
    }

    [Fact]
    public async Task Passes_on_what_breaks_the_upload()
    {
        await using var chunks = Chunks(100, _timers).GetAsyncEnumerator();
        Send(0, 1);
        var next = chunks.MoveNextAsync();
        await _timers.NextAsync();

        _sent.Writer.Complete(new IOException("The connection was reset."));

        await Assert.ThrowsAsync<IOException>(async () => await next);
    }

    private void Send(int first, int count)
    {
        for (var index = first; index < first + count; index++)
            Assert.True(_sent.Writer.TryWrite(new ItemInput(index, default)));
    }

    private async Task<List<int>> SizesAsync(int chunkItems)
    {
        var sizes = new List<int>();
        await foreach (var chunk in Chunks(chunkItems, _timers))
            sizes.Add(chunk.Count);
        return sizes;
    }

    private IAsyncEnumerable<ItemChunk<Numbered>> Chunks(int chunkItems, TimeProvider? time, CancellationToken cancellationToken = default) =>
        new ItemChunks<Numbered>("/items", chunkItems, (input, _, _) => new Numbered(input.Index))
            .ReadAsync(ReadAsync(cancellationToken), time is null ? null : new SenderPauses(time), cancellationToken);

    private async IAsyncEnumerable<ItemInput> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var input in _sent.Reader.ReadAllAsync(cancellationToken))
                yield return input;
        }
        finally
        {
            _isReadingOver = true;
        }
    }

    private sealed record Numbered(int Index) : IBatchItem;
}
