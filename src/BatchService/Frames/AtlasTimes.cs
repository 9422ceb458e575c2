namespace BatchService.Frames;

/// <summary>Which nodes lie within a week of another, but not at the same time.</summary>
internal sealed class AtlasTimes
{
    private readonly AtlasFrames _frames;

    /// <summary>The nodes by time, and their times.</summary>
    private readonly int[] _nodes;
    private readonly long[] _ticks;

    public AtlasTimes(AtlasFrames frames)
    {
        _frames = frames;
        _nodes = [.. Enumerable.Range(0, frames.Count)];
        _ticks = Array.ConvertAll(_nodes, frames.Ticks);
        Array.Sort(_ticks, _nodes);
    }

    /// <summary>Adds those from number <paramref name="start"/> on that lie within a week of a node; a step for each that does.</summary>
    public void AddNear(ulong[] set, int node, int start)
    {
        var ticks = _frames.Ticks(node);
        for (var i = FirstAfter(ticks - AtlasWeight.Week); i < _ticks.Length && _ticks[i] - ticks < AtlasWeight.Week; i++)
        {
            if (_ticks[i] != ticks && _nodes[i] >= start)
                AtlasBits.Add(set, _nodes[i]);
        }
    }

    /// <summary>
    /// Each node, by time, with the set of all that lie within a week of it. The set is one and the same, and changes with the next
    /// step; each node enters and leaves it twice, so that all of them cost no more than a few steps for each node.
    /// </summary>
    public IEnumerable<(int Node, ulong[] Week)> Windows()
    {
        var week = new ulong[AtlasBits.WordsFor(_nodes.Length)];
        int entered = 0, left = 0;
        for (int start = 0, end; start < _nodes.Length; start = end)
        {
            var ticks = _ticks[start];
            end = FirstAfter(ticks);
            for (; entered < _nodes.Length && _ticks[entered] - ticks < AtlasWeight.Week; entered++)
                AtlasBits.Add(week, _nodes[entered]);
            for (; ticks - _ticks[left] >= AtlasWeight.Week; left++)
                AtlasBits.Remove(week, _nodes[left]);
            for (var i = start; i < end; i++)
                AtlasBits.Remove(week, _nodes[i]);
            for (var i = start; i < end; i++)
                yield return (_nodes[i], week);
            for (var i = start; i < end; i++)
                AtlasBits.Add(week, _nodes[i]);
        }
    }

    /// <summary>The place, by time, of the first node after a time.</summary>
    private int FirstAfter(long ticks)
    {
        int low = 0, high = _ticks.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ticks[middle] <= ticks)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
