using System.Threading.Channels;

namespace BatchService.Notebooks;

/// <summary>
/// Tells workers that wait here, and, through <see cref="JobHints"/>, those of other processes, that a notebook may have a job for them.
/// Only a hint: it may be lost or come for nothing, and who waits looks again by itself.
/// </summary>
internal sealed class NotebookJobSignal
{
    private const int MaxOutgoing = 1_024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, (int Waiting, TaskCompletionSource News)> _waiting = [];
    private readonly Channel<Guid> _outgoing =
        Channel.CreateBounded<Guid>(new BoundedChannelOptions(MaxOutgoing) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Notebooks that other processes should hear of.</summary>
    public ChannelReader<Guid> Outgoing => _outgoing.Reader;

    /// <summary>How many wait here for a job of the notebook.</summary>
    public int Waiting(Guid notebookId)
    {
        lock (_lock)
            return _waiting.TryGetValue(notebookId, out var entry) ? entry.Waiting : 0;
    }

    /// <summary>To be called after a commit that may have made a job ready.</summary>
    public void Announce(string notebookId)
    {
        if (!Guid.TryParseExact(notebookId, "D", out var id))
            return;
        Wake(id);
        _outgoing.Writer.TryWrite(id);
    }

    /// <summary>Wakes who waits here for a job of the notebook.</summary>
    public void Wake(Guid notebookId)
    {
        TaskCompletionSource? news = null;
        lock (_lock)
        {
            if (_waiting.TryGetValue(notebookId, out var entry))
            {
                news = entry.News;
                _waiting[notebookId] = (entry.Waiting, NewSource());
            }
        }
        news?.TrySetResult();
    }

    /// <summary>Begins to listen: what is announced from here on is not missed, however late the task is awaited.</summary>
    public Subscription Listen(Guid notebookId)
    {
        lock (_lock)
        {
            var (waiting, news) = _waiting.TryGetValue(notebookId, out var entry) ? entry : (0, NewSource());
            _waiting[notebookId] = (waiting + 1, news);
            return new Subscription(this, notebookId, news.Task);
        }
    }

    private void Leave(Guid notebookId)
    {
        lock (_lock)
        {
            var (waiting, news) = _waiting[notebookId];
            if (waiting == 1)
                _waiting.Remove(notebookId);
            else
                _waiting[notebookId] = (waiting - 1, news);
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody who waits; disposing it ends that.</summary>
    internal sealed class Subscription(NotebookJobSignal signal, Guid notebookId, Task news) : IDisposable
    {
        /// <summary>Completes with the first announcement after the subscription began.</summary>
        public Task News => news;

        public void Dispose() => signal.Leave(notebookId);
    }
}
