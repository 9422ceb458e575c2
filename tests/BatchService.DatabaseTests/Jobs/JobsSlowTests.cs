namespace BatchService.DatabaseTests.Jobs;

/// <summary>Jobs whose statements take longer than they may.</summary>
public sealed class JobsSlowTests(JobsSlowTests.Fixture fixture) : IClassFixture<JobsSlowTests.Fixture>
{
    [Fact]
    public async Task Statements_that_take_too_long_are_tried_again_with_fewer_items()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("slow", Enumerable.Range(0, 10).Select(number => new { slow_id = number, seconds = 0.25 })));

        // Ten rows take two and a half seconds; a statement may take one.
        Assert.Equal((10, 0, 0, 0), (await caller.StatusAsync(id)).Counts());
        Assert.Equal(10, await fixture.NumberAsync("SELECT count(*) FROM slow WHERE seconds = 0.25"));
        Assert.True(await fixture.NumberAsync($"SELECT fence FROM batch.job_part WHERE batch_job_id = '{id}'") > 1);
    }

    [Fact]
    public async Task An_item_that_takes_too_long_by_itself_fails_and_the_others_go_on()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("slow", Enumerable.Range(0, 15).Select(number => new { slow_id = 100 + number, seconds = number == 6 ? 60.0 : 0 })));
        var job = await caller.StatusAsync(id);

        Assert.Equal(("completed", (14, 1, 0, 0)), (job.Text("status"), job.Counts()));
        var failed = Assert.Single(await caller.ItemsAsync(id, "?status=failed"));
        Assert.Equal((6, "DEADLINE_EXCEEDED"), (failed.Number("item_index"), failed.Text("error_code")));
        Assert.Equal(14, await fixture.NumberAsync("SELECT count(*) FROM slow WHERE slow_id >= 100"));
    }

    [Fact]
    public async Task A_job_of_operations_that_can_never_be_in_time_ends_all_the_same()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(new
        {
            job_type = "operations",
            items = new[] { new { entity = "slow", action = "create", store_params = new { slow_id = 999, seconds = 60 } } },
        });

        var job = await caller.StatusAsync(id);
        Assert.Equal("failed", job.Text("status"));
        Assert.Contains("took too long", job.Text("error_message"), StringComparison.Ordinal);
        Assert.Equal(0, await fixture.NumberAsync("SELECT count(*) FROM slow WHERE slow_id = 999"));
    }

    /// <summary>Statements may take a second.</summary>
    public sealed class Fixture : JobsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Database:StatementTimeout"] = "00:00:01";
            settings["Database:LockTimeout"] = "00:00:01";
        }
    }
}
