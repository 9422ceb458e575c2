using System.Text.Json;
using BatchService.Attestations;
using BatchService.Batching;
using BatchService.DatabaseTests.Rows;
using BatchService.Jobs;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>Several services on one database, services that die, and secrets.</summary>
public sealed class JobsSharedTests : IAsyncLifetime
{
    private readonly List<WebApplicationFactory<Program>> _services = [];
    private TestDatabase? _database;

    public async Task InitializeAsync() => _database = await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(
        new DatabaseTemplate("jobs", JobsSchema.CreateAsync));

    public async Task DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Services_share_the_work_and_another_goes_on_when_one_stops()
    {
        var accepting = new JobsCaller(Start(("Jobs:Workers", "0")).CreateClient(), "shared");
        var first = Start();
        var second = Start();
        var id = await accepting.AcceptedAsync(JobsCaller.Rows("slow", Enumerable.Range(0, 300).Select(number => new { slow_id = number, seconds = 0.005 })));
        await RowsWait.UntilAsync(async () => (await accepting.StatusAsync(id)).Number("processed_items") > 20);
        await first.DisposeAsync();
        var job = await accepting.EndAsync(id);

        Assert.Equal(("completed", (300, 0, 0, 0)), (job.Text("status"), job.Counts()));
        Assert.Equal(300, await NumberAsync("SELECT count(*) FROM slow"));
        Assert.Equal(300, await NumberAsync("SELECT count(DISTINCT slow_id) FROM slow"));
        Assert.NotNull(second);
    }

    [Fact]
    public async Task Every_item_has_one_effect_when_the_service_is_killed_again_and_again()
    {
        string[] settings = [
            $"ConnectionStrings:Batch={_database!.ConnectionString}", "Serilog:MinimumLevel=Error", "Jobs:PartItems=25", "Jobs:LeaseSeconds=1", "Jobs:MaxLostLeases=10", "Jobs:PollMilliseconds=100"];
        var accepting = new JobsCaller(Start(("Jobs:Workers", "0")).CreateClient(), "killed");
        var id = await accepting.AcceptedAsync(JobsCaller.Rows(
            "slow", Enumerable.Range(0, 1_500).Select(number => new { slow_id = number, seconds = number % 100 == 99 ? -1 : 0.002 })));
        for (var kill = 1; kill <= 3; kill++)
        {
            await using var service = await ServiceProcess.StartAsync(settings);
            await RowsWait.UntilAsync(async () => (await accepting.StatusAsync(id)).Number("processed_items") >= kill * 200);
            await service.KillAsync();
        }

        await using var last = await ServiceProcess.StartAsync(settings);
        var job = await accepting.EndAsync(id);

        Assert.Equal(("completed", (1_500, 0, 0, 0)), (job.Text("status"), job.Counts()));
        Assert.Equal(1_500, await NumberAsync("SELECT count(*) FROM slow"));
        Assert.Equal(1_500, await NumberAsync("SELECT count(DISTINCT slow_id) FROM slow"));
    }

    [Fact]
    public async Task Secrets_leave_the_results_after_their_time_for_readers_at_once_and_then_on_disk()
    {
        // Several blocks of results.
        const int Items = 25;
        var caller = new JobsCaller(Start().CreateClient(), "secretive");
        var id = await caller.RanAsync(new { job_type = "secret", items = Enumerable.Range(0, Items).Select(number => new { subjects = new[] { $"s-{number}" }, source = "hush-hush" }) });
        var fresh = await caller.ItemsAsync(id);
        await ExecuteAsync($"UPDATE batch.job_result SET processed_at = processed_at - interval '25 hours' WHERE batch_job_id = '{id}'");
        var old = await caller.ItemsAsync(id);
        var download = await caller.GetAsync($"/batch/jobs/{id}/results");
        Assert.Equal(3, await NumberAsync($"SELECT count(*) FROM batch.job_result WHERE convert_from(results, 'UTF8') LIKE '%hush-hush%'"));
        await ExecuteAsync($"UPDATE batch.job SET completed_at = completed_at - interval '25 hours' WHERE batch_job_id = '{id}'");
        await RowsWait.UntilAsync(async () => await NumberAsync($"SELECT count(*) FROM batch.job WHERE is_redacted AND batch_job_id = '{id}'") == 1);

        Assert.Equal("hush-hush", fresh[0].GetProperty("output_data").Text("source"));
        Assert.Equal("""{"redacted":true}""", old[0].GetProperty("output_data").GetRawText());
        Assert.Contains("\"output_data\":{\"redacted\":true}", download.Text, StringComparison.Ordinal);
        Assert.Equal(0, await NumberAsync($"SELECT count(*) FROM batch.job_result WHERE convert_from(results, 'UTF8') LIKE '%hush-hush%'"));
        Assert.Equal(string.Join(' ', Enumerable.Repeat("success", Items)), await caller.OutcomesAsync(id));
        Assert.All(await caller.ItemsAsync(id), item => Assert.Equal("""{"redacted":true}""", item.GetProperty("output_data").GetRawText()));
    }

    private WebApplicationFactory<Program> Start(params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] all = [
            ("ConnectionStrings:Batch", _database!.ConnectionString),
            ("Jobs:PartItems", "10"),
            ("Jobs:PollMilliseconds", "50"),
            ("Jobs:PruneSeconds", "1"),
            .. settings];
        var service = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            foreach (var (key, value) in all)
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureTestServices(services => services.AddSingleton<JobType>(new SecretJobType(new AttestationJobType(TimeProvider.System))));
        });
        _services.Add(service);
        _ = service.Server;
        return service;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database!.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> NumberAsync(string sql)
    {
        await using var command = _database!.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Attestations, the output of which is taken for a secret.</summary>
    private sealed class SecretJobType(AttestationJobType inner) : JobType
    {
        public override string Name => "secret";

        public override bool HasSecrets => true;

        public override ValueTask<JobMode> CheckAsync(JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken) =>
            inner.CheckAsync(options, caller, errors, cancellationToken);

        public override ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken) => inner.OpenAsync(work, cancellationToken);

        public override byte[] Redact(JsonElement output) => """{"redacted":true}"""u8.ToArray();
    }
}
