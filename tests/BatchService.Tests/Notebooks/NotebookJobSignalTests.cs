using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class NotebookJobSignalTests
{
    private readonly NotebookJobSignal _signal = new();

    [Fact]
    public void Wakes_everyone_who_listens_to_the_notebook_and_nobody_else()
    {
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        using var first = _signal.Listen(one);
        using var second = _signal.Listen(one);
        using var third = _signal.Listen(other);

        _signal.Announce($"{one}");

        Assert.True(first.News.IsCompletedSuccessfully && second.News.IsCompletedSuccessfully);
        Assert.False(third.News.IsCompleted);
        using var later = _signal.Listen(one);
        Assert.False(later.News.IsCompleted);
    }

    [Fact]
    public void Remembers_nothing_about_those_who_left()
    {
        var id = Guid.NewGuid();
        var first = _signal.Listen(id);
        var second = _signal.Listen(id);

        _signal.Wake(id);
        first.Dispose();
        Assert.Equal(1, _signal.Waiting(id));
        second.Dispose();
        Assert.Equal(0, _signal.Waiting(id));
    }

    [Fact]
    public void Passes_announcements_on_to_other_processes_and_drops_them_when_nobody_fetches_them()
    {
        var id = Guid.NewGuid();
        for (var count = 0; count < 5_000; count++)
            _signal.Announce($"{id}");
        _signal.Announce("no id");

        Assert.InRange(_signal.Outgoing.Count, 1, 1_024);
        Assert.True(_signal.Outgoing.TryRead(out var announced));
        Assert.Equal(id, announced);
    }
}
