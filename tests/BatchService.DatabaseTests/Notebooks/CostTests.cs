using BatchService.Notebooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Integration costs, as the services that compute them in the background leave them.</summary>
public sealed class CostTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private static readonly (string, string) Often = ("Notebooks:CostIntervalSeconds", "0.02");

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Costs_are_0_at_write_and_filled_in_later_component_by_component()
    {
        var id = await Client.CreateAsync();
        var first = await Client.AddAsync(id, "tokens expire early");
        var batch = (await Client.BatchAsync(
            id, NotebookClient.Entry("tokens expire early again"), NotebookClient.Entry("weather and harvest"))).Expect(201);
        Assert.Equal(["0", "0"], batch.All("results", "integration_cost"));
        var revision = (await Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{first}", """{ "content": "tokens expire late" }""")).Expect(201);
        Assert.Equal(0, revision["integration_cost"].GetDouble());
        var broken = (await Client.PostAsync(
            $"/notebooks/{id}/entries", $$"""{ "content": "tokens expire", "references": ["{{first}}", "{{first}}", "{{revision["entry_id"]}}"] }""")).Expect(201);
        Assert.Equal(0, (await ReadAsync(id, first)).Cost);

        await ComputeAsync();

        Assert.Equal((0, """{"orphan":false,"catalog_shift":0,"entries_revised":0,"references_broken":0}"""), await ReadAsync(id, first));
        var ids = batch.All("results", "entry_id");
        var (similar, lonely) = (await ReadAsync(id, Guid.Parse(ids[0])), await ReadAsync(id, Guid.Parse(ids[1])));
        Assert.InRange(similar.Cost, 0.001, 0.1);
        Assert.InRange(lonely.Cost, 1.05, 1.3);
        Assert.Contains("\"orphan\":true", lonely.Components, StringComparison.Ordinal);
        Assert.Contains("\"entries_revised\":1", (await ReadAsync(id, revision["entry_id"].GetGuid())).Components, StringComparison.Ordinal);
        Assert.Contains("\"references_broken\":1,", (await ReadAsync(id, broken["entry_id"].GetGuid())).Components.Replace("}", ",", StringComparison.Ordinal), StringComparison.Ordinal);
        var browsed = (await Client.GetAsync($"/notebooks/{id}/browse")).Expect(200);
        Assert.Equal($"{lonely.Cost}", browsed.All("entries", "integration_cost")[2]);
    }

    [Fact]
    public async Task Several_services_share_the_work_and_compute_every_cost_once()
    {
        await service.RunAsync("""
            CREATE TABLE cost_log (id uuid);
            CREATE FUNCTION log_cost() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO cost_log VALUES (NEW.id); RETURN NULL; END $$;
            CREATE TRIGGER log_cost AFTER UPDATE OF cost_computed_at ON batch.entry FOR EACH ROW EXECUTE FUNCTION log_cost();
            """);
        var notebooks = new[] { await FillAsync(70, 1), await FillAsync(70, 2), await FillAsync(70, 3) };

        await using (service.StartAnother(Often, ("Notebooks:CostBatch", "3")))
        await using (service.StartAnother(Often, ("Notebooks:CostBatch", "7")))
        await using (service.StartAnother(Often, ("Notebooks:CostBatch", "1")))
            await WaitAsync();

        Assert.Equal((210L, 210L), (
            await service.ReadAsync<long>("SELECT count(*) FROM cost_log"), await service.ReadAsync<long>("SELECT count(DISTINCT id) FROM cost_log")));
        foreach (var notebook in notebooks)
            Assert.Equal(await ExpectedAsync(notebook), await StoredAsync(notebook));
    }

    [Fact]
    public async Task A_service_that_starts_again_goes_on_where_the_last_one_stopped()
    {
        var notebook = await FillAsync(120, 4);
        await using (service.StartAnother(Often, ("Notebooks:CostBatch", "1")))
            await WaitAsync(() => service.ReadAsync<bool>("SELECT count(*) > 0 FROM batch.entry WHERE notebook_id = $1 AND cost_computed_at IS NOT NULL", notebook));
        var half = await StoredAsync(notebook);
        await Client.AddAsync(notebook, "written in between");

        await ComputeAsync();

        var all = await StoredAsync(notebook);
        Assert.Equal(half, all.Take(half.Count));
        Assert.Equal(await ExpectedAsync(notebook), all);
    }

    [Fact]
    public async Task A_pass_computes_40_groups_and_leaves_the_rest_to_the_next_one()
    {
        var notebook = await FillAsync(60, 6);
        using var pass = new CostPass(
            service.Services.GetRequiredService<CostStore>(),
            Options.Create(new NotebookOptions { CostBatch = 1 }),
            new OneTick(),
            NullLogger<CostPass>.Instance);

        await pass.StartAsync(CancellationToken.None);
        await WaitAsync(async () => (await StoredAsync(notebook)).Count >= 40);

        // Long enough for the other 20, if the pass went on.
        await Task.Delay(200);
        Assert.Equal(40, (await StoredAsync(notebook)).Count);
        await pass.StopAsync(CancellationToken.None);
        await ComputeAsync();
    }

    [Fact]
    public async Task A_notebook_is_deleted_with_what_was_computed_of_it()
    {
        var notebook = await FillAsync(3, 5);
        await ComputeAsync();
        Assert.Equal(1, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_cost WHERE notebook_id = $1", notebook));

        (await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{notebook}")).Expect(204);

        Assert.Equal(0, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_cost WHERE notebook_id = $1", notebook));
    }

    private async Task<(double Cost, string Components)> ReadAsync(Guid notebook, Guid entry)
    {
        var read = (await Client.GetAsync($"/notebooks/{notebook}/entries/{entry}")).Expect(200);
        return (read["integration_cost"].GetDouble(), read["integration_cost_components"].GetRawText());
    }

    private async Task<Guid> FillAsync(int count, int seed)
    {
        var random = new Random(seed);
        string[] words = ["tokens", "weather", "harvest", "pipeline", "refresh", "storm", "index", "ledger"];
        var id = await Client.CreateAsync();
        foreach (var piece in Enumerable.Range(0, count).Select(_ => NotebookClient.Entry(string.Join(' ', random.GetItems(words, 1 + random.Next(6))))).Chunk(100))
            (await Client.BatchAsync(id, piece)).Expect(201);
        return id;
    }

    private async Task ComputeAsync()
    {
        await using var another = service.StartAnother(Often);
        await WaitAsync();
    }

    private Task WaitAsync() => WaitAsync(() => service.ReadAsync<bool>("SELECT NOT EXISTS (SELECT FROM batch.entry WHERE cost_computed_at IS NULL)"));

    private static async Task WaitAsync(Func<Task<bool>> isDoneAsync)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isDoneAsync())
            await Task.Delay(20, patience.Token);
    }

    private Task<IReadOnlyList<double>> StoredAsync(Guid notebook) => service.ReadAllAsync<double>(
        "SELECT integration_cost FROM batch.entry WHERE notebook_id = $1 AND cost_computed_at IS NOT NULL ORDER BY causal_position", notebook);

    /// <summary>What the measure alone says of the entries, all at once.</summary>
    private async Task<IReadOnlyList<double>> ExpectedAsync(Guid notebook)
    {
        var contents = await service.ReadAllAsync<string>("SELECT content FROM batch.entry WHERE notebook_id = $1 ORDER BY causal_position", notebook);
        var entries = contents.Select((content, index) => new CostEntry(Guid.Empty, index + 1, content, false, false, 0)).ToList();
        return [.. CostRun.Measure(entries, new CostState(0, TermVector.Empty)).Costs.Select(cost => cost.Cost.Total)];
    }

    /// <summary>Timers fire once, at once.</summary>
    private sealed class OneTick : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
