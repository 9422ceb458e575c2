using System.Text.Json;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class JobStatusTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly JobStatus s_running = new(
        Guid.Empty, "rows", "processing", 100, 20, 4, 1, s_start, s_start, null, null, s_start.AddSeconds(50), null, null, null, false);

    [Fact]
    public void Counts_what_is_committed_while_it_runs()
    {
        Assert.Equal((25, 25.0, 0, 1), (s_running.Processed, s_running.ProgressPercent, s_running.Canceled, s_running.AllSkipped));
        Assert.False(s_running.HasEnded);
    }

    [Theory]
    [InlineData("completed", 75, 0)]
    [InlineData("failed", 76, 0)]
    [InlineData("canceled", 1, 75)]
    public void Adds_up_at_the_end(string status, int skipped, int canceled)
    {
        var ended = s_running with { Status = status, CompletedAt = s_start.AddSeconds(50), Skipped = status == "completed" ? 76 : 1 };

        Assert.Equal((100, 100.0), (ended.Processed, ended.ProgressPercent));
        Assert.Equal((status == "completed" ? 76 : skipped, canceled), (ended.AllSkipped, ended.Canceled));
        Assert.Equal((true, 0.0), (ended.HasEnded, ended.EtaSeconds));
    }

    [Fact]
    public void Expects_the_rest_to_take_as_long_as_what_is_done()
    {
        Assert.Equal(150.0, s_running.EtaSeconds);
        Assert.Null((s_running with { Success = 0, Failed = 0, Skipped = 0 }).EtaSeconds);
        Assert.Null((s_running with { StartedAt = null }).EtaSeconds);
    }

    [Fact]
    public void Is_expired_from_the_moment_on_that_it_named()
    {
        Assert.False(s_running.IsExpired);
        Assert.False((s_running with { ExpiresAt = s_running.Now.AddTicks(1) }).IsExpired);
        Assert.True((s_running with { ExpiresAt = s_running.Now }).IsExpired);
        Assert.True((s_running with { IsPruned = true }).IsExpired);
    }

    [Fact]
    public void Tells_its_result_when_it_has_ended()
    {
        Assert.Equal(JsonValueKind.Null, Write(s_running).GetProperty("result").ValueKind);
        var result = Write(s_running with { Status = "canceled", CompletedAt = s_start.AddMilliseconds(1_234.5) }).GetProperty("result");

        Assert.Equal("""{"total":100,"success":20,"failed":4,"success_rate":20,"total_time_ms":1234,"avg_item_time_ms":12.345}""", result.GetRawText());
    }

    [Fact]
    public void Tells_of_a_job_that_never_started()
    {
        var job = Write(s_running with { Status = "canceled", StartedAt = null, Success = 0, Failed = 0, Skipped = 0, CompletedAt = s_start });

        Assert.Equal(100, job.GetProperty("canceled_items").GetInt32());
        Assert.Equal(0, job.GetProperty("result").GetProperty("total_time_ms").GetInt32());
    }

    private static JsonElement Write(JobStatus status)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            status.Write(writer);
        }

        return JsonElement.Parse(body.ToArray());
    }
}
