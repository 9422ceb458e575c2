namespace BatchService.DatabaseTests.Jobs;

/// <summary>Jobs whose statements take longer than they may.</summary>
public sealed class JobsSlowTests(JobsSlowTests.Fixture fixture) : IClassFixture<JobsSlowTests.Fixture>
{
    [Fact]
    public async Task Statements_that_take_too_long_are_tried_again_with_fewer_items()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(JobsCaller.Rows("slow", Enumerable.Range(0, 10).Select(number => new { slow_id = number, seconds = 0.6 })));

        // Ten rows take six seconds; a statement may take two and a half.
        Assert.Equal((10, 0, 0, 0), (await caller.StatusAsync(id)).Counts());
        Assert.Equal(10, await fixture.NumberAsync("SELECT count(*) FROM slow WHERE seconds = 0.6"));
        Assert.True(await fixture.NumberAsync($"SELECT fence FROM batch.job_part WHERE batch_job_id = '{id}'") > 1);
    }

    /// <summary>Statements may take two and a half seconds.</summary>
    public sealed class Fixture : JobsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Database:StatementTimeout"] = "00:00:02.500";
            settings["Database:LockTimeout"] = "00:00:02";
        }
    }
}
