using System.Text.Json;
using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class IntegrationCostTests
{
    private static readonly CostEntry Plain = new(Guid.Empty, 2, "", IsRevision: false, HasReferences: true, BrokenReferences: 0);

    [Fact]
    public void The_first_entry_costs_nothing()
    {
        var cost = IntegrationCost.Of(Plain with { Position = 1, HasReferences = false }, TermVector.Of("anything"), null, []);

        Assert.Equal(new IntegrationCost(0, 0, 0, false), cost);
        Assert.Equal(0, cost.Total);
    }

    [Fact]
    public void A_revision_costs_the_entry_that_it_revises()
    {
        var (cost, total) = Measure(Plain with { IsRevision = true, HasReferences = false }, "tokens");

        Assert.Equal((1, false, 1.0), (cost.EntriesRevised, cost.Orphan, total));
    }

    [Fact]
    public void Broken_references_cost_one_each()
    {
        var (cost, total) = Measure(Plain with { BrokenReferences = 3 }, "tokens");

        Assert.Equal((3, 3.0), (cost.ReferencesBroken, total));
    }

    [Theory]
    [InlineData("tokens", 0)]
    [InlineData("", 0)]
    [InlineData("weather", 0.292893)]
    public void What_is_new_shifts_the_catalog(string content, double shift)
    {
        var (cost, total) = Measure(Plain, content);

        Assert.Equal(shift, cost.CatalogShift);
        Assert.Equal(shift, total);
    }

    [Fact]
    public void The_same_news_shift_a_large_catalog_less()
    {
        var large = Enumerable.Repeat(TermVector.Of("tokens"), 10).Aggregate(IntegrationCost.Extend);

        var cost = IntegrationCost.Of(Plain, TermVector.Of("weather"), large, []);

        Assert.InRange(cost.CatalogShift, 0.001, 0.01);
    }

    [Theory]
    [InlineData("weather", true)]
    [InlineData("tokens expire early", false)]
    public void What_refers_to_nothing_and_resembles_nothing_is_an_orphan(string content, bool orphan)
    {
        var cost = IntegrationCost.Of(
            Plain with { HasReferences = false }, TermVector.Of(content), TermVector.Of("tokens"), [TermVector.Of("tokens expire")]);

        Assert.Equal(orphan, cost.Orphan);
        Assert.Equal(cost.CatalogShift + (orphan ? 1 : 0), cost.Total, 9);
    }

    [Fact]
    public void What_refers_to_something_is_no_orphan() =>
        Assert.False(IntegrationCost.Of(Plain, TermVector.Of("weather"), TermVector.Of("tokens"), [TermVector.Of("tokens")]).Orphan);

    [Fact]
    public void Only_the_latest_neighbours_are_compared()
    {
        List<CostEntry> entries =
            [.. Enumerable.Range(1, IntegrationCost.MaxNeighbours + 2).Select(position => Entry(position, position == 1 ? "weather" : "tokens"))];
        entries.Add(Entry(entries.Count + 1, "weather"));

        var (costs, _) = CostRun.Measure(entries, new CostState(0, TermVector.Empty));

        Assert.True(costs[^1].Cost.Orphan);
        Assert.False(costs[^2].Cost.Orphan);
    }

    [Fact]
    public void Where_a_run_is_cut_makes_no_difference()
    {
        var random = new Random(7);
        string[] words = ["tokens", "weather", "harvest", "pipeline", "refresh", "storm", "index", "ledger"];
        List<CostEntry> entries =
            [.. Enumerable.Range(1, 200).Select(position => Entry(position, string.Join(' ', random.GetItems(words, 1 + random.Next(6)))))];
        var (whole, end) = CostRun.Measure(entries, new CostState(0, TermVector.Empty));

        var state = new CostState(0, TermVector.Empty);
        var pieces = new List<(Guid, IntegrationCost)>();
        while (state.Position < entries.Count)
        {
            var (from, to) = (state.Position - IntegrationCost.MaxNeighbours, state.Position + 1 + random.Next(90));
            var (costs, next) = CostRun.Measure([.. entries.Where(entry => entry.Position > from && entry.Position <= to)], state);
            pieces.AddRange(costs);
            state = next;
        }

        Assert.Equal(whole, pieces);
        Assert.Equal(end.Catalog.Weights, state.Catalog.Weights);
    }

    [Fact]
    public void Its_components_are_told_by_name()
    {
        var json = JsonSerializer.Deserialize<JsonElement>(new IntegrationCost(1, 2, 0.5, true).ToJson());

        Assert.Equal("""{"entries_revised":1,"references_broken":2,"catalog_shift":0.5,"orphan":true}""", json.GetRawText());
    }

    private static CostEntry Entry(int position, string content) => Plain with { Id = Guid.NewGuid(), Position = position, Content = content, HasReferences = false };

    private static (IntegrationCost Cost, double Total) Measure(CostEntry entry, string content)
    {
        var cost = IntegrationCost.Of(entry, TermVector.Of(content), TermVector.Of("tokens"), []);
        return (cost, cost.Total);
    }
}
