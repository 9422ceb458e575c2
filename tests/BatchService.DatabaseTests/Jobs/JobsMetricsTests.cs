using System.Globalization;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>What <c>/metrics</c> says of jobs.</summary>
public sealed class JobsMetricsTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task Items_attempts_and_chunks_are_counted_as_they_are_committed()
    {
        var caller = fixture.NewCaller();
        var before = await ReadAsync();
        var id = await caller.RanAsync(JobsCaller.Rows("word", Enumerable.Range(0, 25).Select(number => new { text = number == 3 ? "" : $"metric-{number}" })));
        var after = await ReadAsync();

        // Two parts are a transaction each, that with the bad item is several.
        Assert.Equal((25, 3, 0), (after.Items - before.Items, after.Attempts - before.Attempts, after.Losses - before.Losses));
        Assert.InRange(after.Chunks - before.Chunks, 3, 12);
        Assert.Equal(
            await fixture.NumberAsync($"SELECT count(*) FROM batch.job_result WHERE batch_job_id = '{id}' AND failed_count = 0"), after.Chunks - before.Chunks);
    }

    [Fact]
    public async Task Who_takes_over_from_a_lost_worker_counts_the_loss_and_only_its_own_items()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", Enumerable.Range(0, 10).Select(number => new { text = $"lost-{number}" })));
        var before = await ReadAsync();
        await ReviveAsync(id, "status = 'running', lease_until = clock_timestamp() - interval '1 second'");
        await caller.EndAsync(id);
        var after = await ReadAsync();

        Assert.Equal((0, 1, 1), (after.Items - before.Items, after.Attempts - before.Attempts, after.Losses - before.Losses));
    }

    [Fact]
    public async Task A_part_that_was_given_back_after_a_defect_is_no_lost_lease()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("word", [new { text = "given-back" }]));
        var before = await ReadAsync();
        await ReviveAsync(id, "status = 'pending', lease_until = NULL, lost = 1");
        await caller.EndAsync(id);
        var after = await ReadAsync();

        Assert.Equal((0, 1, 0), (after.Items - before.Items, after.Attempts - before.Attempts, after.Losses - before.Losses));
    }

    /// <summary>As if a worker had gone, in some way, after its last item and before the end.</summary>
    private Task ReviveAsync(string id, string part) => fixture.ExecuteAsync($"""
        UPDATE batch.job SET status = 'processing', completed_at = NULL, expires_at = NULL WHERE batch_job_id = '{id}';
        UPDATE batch.job_part SET {part} WHERE batch_job_id = '{id}';
        """);

    private async Task<(double Items, double Attempts, double Losses, double Chunks)> ReadAsync()
    {
        var text = await fixture.Client.GetStringAsync("/metrics");
        return (Of("batch_job_items_total"), Of("batch_job_attempts_total"), Of("batch_job_lease_losses_total"), Of("batch_job_chunk_duration_seconds_count"));

        double Of(string name)
        {
            var match = Regex.Match(text, $"^{name}{{job_type=\"rows\"}} (?<value>[0-9.]+)$", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
            return match.Success ? double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture) : 0;
        }
    }
}
