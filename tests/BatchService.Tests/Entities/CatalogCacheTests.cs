using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class CatalogCacheTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly Clock _clock = new();
    private readonly Queue<TaskCompletionSource<Catalog>> _reads = new();
    private readonly CatalogCache _cache;

    public CatalogCacheTests() => _cache = new CatalogCache(_ => NextAsync(), _clock);

    [Fact]
    public async Task Reads_once_and_serves_the_same_snapshot()
    {
        var snapshot = await LoadAsync();
        Assert.Same(snapshot, await _cache.GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Reads_again_only_when_the_snapshot_is_old_enough()
    {
        var first = await LoadAsync();
        _clock.Advance(Second / 2);
        Assert.Same(first, await _cache.RefreshAsync(Second, CancellationToken.None));
        _clock.Advance(Second / 2);
        var second = Expect();
        var refreshed = _cache.RefreshAsync(Second, CancellationToken.None);
        Assert.Same(Finish(second), await refreshed);
    }

    [Fact]
    public async Task All_who_ask_at_once_share_one_read()
    {
        var read = Expect();
        var asked = Enumerable.Range(0, 20).Select(_ => _cache.RefreshAsync(Second, CancellationToken.None)).ToList();
        var catalog = Finish(read);
        Assert.All(await Task.WhenAll(asked), found => Assert.Same(catalog, found));
    }

    [Fact]
    public async Task A_read_that_began_before_the_change_is_followed_by_another()
    {
        var early = Expect();
        var late = Expect();
        var first = _cache.GetAsync(CancellationToken.None).AsTask();
        _clock.Advance(Second);
        var second = _cache.RefreshAsync(Second, CancellationToken.None);
        var old = Finish(early);
        Assert.Same(old, await first);
        Assert.Same(Finish(late), await second);
    }

    [Fact]
    public async Task Who_gives_up_does_not_cancel_the_read_for_the_others()
    {
        var read = Expect();
        using var impatient = new CancellationTokenSource();
        var first = _cache.RefreshAsync(Second, impatient.Token);
        var second = _cache.RefreshAsync(Second, CancellationToken.None);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Same(Finish(read), await second);
    }

    [Fact]
    public async Task A_failed_read_is_told_and_the_next_one_tries_again()
    {
        Expect().SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => _cache.RefreshAsync(Second, CancellationToken.None));
        Assert.NotNull(await LoadAsync());
    }

    private static Catalog Finish(TaskCompletionSource<Catalog> read)
    {
        var catalog = new Catalog(new Dictionary<string, Entity>(), DateTimeOffset.UnixEpoch);
        read.SetResult(catalog);
        return catalog;
    }

    private async Task<Catalog> LoadAsync()
    {
        var catalog = Finish(Expect());
        Assert.Same(catalog, await _cache.GetAsync(CancellationToken.None));
        return catalog;
    }

    /// <summary>Lets one more read happen; one that nobody expects fails.</summary>
    private TaskCompletionSource<Catalog> Expect()
    {
        var read = new TaskCompletionSource<Catalog>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reads.Enqueue(read);
        return read;
    }

    private Task<Catalog> NextAsync() => _reads.Dequeue().Task;

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
    }
}
