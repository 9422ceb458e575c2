namespace BatchService.Frames;

/// <summary>
/// The nodes of an atlas by number, ordered by id, in little memory: branches, scopes and modules are numbers, too, since frames share
/// them.
/// </summary>
internal sealed class AtlasFrames
{
    private readonly string[] _ids;
    private readonly long[] _ticks;
    private readonly int[] _branches;
    private readonly int[] _scopes;
    private readonly List<string> _branchNames = [];
    private readonly List<IReadOnlyList<string>> _scopeLists = [];
    private readonly List<int[]> _scopeModules = [];

    private AtlasFrames(int count)
    {
        _ids = new string[count];
        _ticks = new long[count];
        _branches = new int[count];
        _scopes = new int[count];
    }

    public int Count => _ids.Length;

    public int Branches => _branchNames.Count;

    public int Modules { get; private set; }

    /// <summary>Takes the nodes in any order; ids are different, and ordered by the numbers of their UTF-16 units.</summary>
    public static AtlasFrames Of(IEnumerable<AtlasNode> nodes)
    {
        var sorted = nodes.ToArray();
        Array.Sort(sorted, (one, other) => string.CompareOrdinal(one.Id, other.Id));
        var frames = new AtlasFrames(sorted.Length);
        var branches = new Dictionary<string, int>(StringComparer.Ordinal);
        var modules = new Dictionary<string, int>(StringComparer.Ordinal);
        var scopes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < sorted.Length; i++)
        {
            var node = sorted[i];
            frames._ids[i] = node.Id;
            frames._ticks[i] = node.Ticks;
            frames._branches[i] = NumberOf(branches, node.Branch, frames._branchNames);
            var key = AtlasTexts.KeyOf(node.ModuleScope);
            if (!scopes.TryGetValue(key, out var scope))
            {
                scope = scopes.Count;
                scopes.Add(key, scope);
                frames._scopeLists.Add(node.ModuleScope);
                frames._scopeModules.Add(
                    [.. node.ModuleScope.Select(module => NumberOf(modules, module, null)).Distinct().Order()]);
            }
            frames._scopes[i] = scope;
        }
        frames.Modules = modules.Count;
        return frames;
    }

    public string Id(int node) => _ids[node];

    public long Ticks(int node) => _ticks[node];

    public int BranchNumber(int node) => _branches[node];

    /// <summary>The numbers of the node's modules, each once, ascending; the same array for the same scope.</summary>
    public int[] ModulesOf(int node) => _scopeModules[_scopes[node]];

    public AtlasNode this[int node] => new(_ids[node], _ticks[node], _branchNames[_branches[node]], _scopeLists[_scopes[node]]);

    private static int NumberOf(Dictionary<string, int> numbers, string text, List<string>? names)
    {
        if (numbers.TryGetValue(text, out var number))
            return number;
        numbers.Add(text, numbers.Count);
        names?.Add(text);
        return numbers.Count - 1;
    }
}
