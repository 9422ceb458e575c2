using System.Text.Json;

namespace BatchService.DatabaseTests.Operating;

/// <summary><c>GET /batch/capabilities</c> says what is in force.</summary>
public sealed class CapabilitiesTests(CapabilitiesTests.Configured service) : IClassFixture<CapabilitiesTests.Configured>
{
    [Theory]
    [InlineData("max_operations", 7)]
    [InlineData("max_body_bytes", 10 * 1024 * 1024)]
    [InlineData("max_line_bytes", 1024 * 1024)]
    [InlineData("deadline_seconds", 30)]
    [InlineData("max_frames", 9)]
    [InlineData("max_entries", 11)]
    [InlineData("max_attestations", 100_000)]
    [InlineData("max_running_jobs", 5)]
    [InlineData("max_job_items", 1_000_000)]
    [InlineData("max_job_bytes", 1024 * 1024 * 1024)]
    [InlineData("operations_per_second", 13)]
    public async Task Shows_the_limits_of_every_domain(string name, long value)
    {
        var answer = JsonElement.Parse(await service.Client.GetStringAsync("/batch/capabilities"));

        Assert.Equal(value, answer.GetProperty("limits").GetProperty(name).GetInt64());
        Assert.Contains("rows", answer.GetProperty("job_types").EnumerateArray().Select(type => type.GetString()));
    }

    public sealed class Configured : ServiceFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Batch:MaxOperations"] = "7";
            settings["Frames:MaxBatch"] = "9";
            settings["Notebooks:MaxBatch"] = "11";
            settings["RateLimit:OperationsPerSecond"] = "13";
        }
    }
}
