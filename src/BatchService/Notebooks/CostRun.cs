namespace BatchService.Notebooks;

/// <summary>How far a notebook is measured, and the catalog up to there.</summary>
internal sealed record CostState(long Position, TermVector Catalog);

/// <summary>Measures a run of entries: where one group ends and the next begins makes no difference.</summary>
internal static class CostRun
{
    /// <summary>The costs of the entries behind the state's position, and the state behind them.</summary>
    /// <param name="entries">In causal order; those up to the state's position are the neighbours of the first ones.</param>
    public static (IReadOnlyList<(Guid Id, IntegrationCost Cost)> Costs, CostState Next) Measure(
        IReadOnlyList<CostEntry> entries, CostState state)
    {
        var vectors = entries.Select(entry => TermVector.Of(entry.Content)).ToList();
        var costs = new List<(Guid, IntegrationCost)>();
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            if (entry.Position <= state.Position)
                continue;
            var first = Math.Max(0, index - IntegrationCost.MaxNeighbours);
            var catalog = entry.Position == 1 ? null : state.Catalog;
            costs.Add((entry.Id, IntegrationCost.Of(entry, vectors[index], catalog, vectors.GetRange(first, index - first))));
            state = new CostState(entry.Position, IntegrationCost.Extend(catalog, vectors[index]));
        }
        return (costs, state);
    }
}
