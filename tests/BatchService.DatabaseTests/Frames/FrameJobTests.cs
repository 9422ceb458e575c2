using System.Net;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Frames;

/// <summary>Frames as a job: the same rules as at once, all or none, and the hooks of the transaction that stored them.</summary>
public sealed class FrameJobTests(FrameJobTests.Service service) : IClassFixture<FrameJobTests.Service>, IAsyncLifetime
{
    private const string Hooks = """{ "onSuccess": ["atlas_rebuild", { "webhook": "http://127.0.0.1:9/hook" }] }""";

    public async Task InitializeAsync() => await service.ExecuteAsync("TRUNCATE batch.frame, batch.webhook");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Stores_every_frame_of_a_job_the_last_of_an_id_wins_and_orders_its_hooks_once()
    {
        var job = await RunAsync("/batch/jobs", $$"""
            { "job_type": "frames", "items": [{{Frame("a", "one")}}, {{Frame("b", "two")}}, {{Frame("a", "three")}}], "options": {{Hooks}} }
            """);

        Assert.Equal(("completed", 3, 0), Told(job));
        Assert.Equal("three", await service.ReadAsync<string>("SELECT content ->> 'summary_caption' FROM batch.frame WHERE id = 'a'"));
        Assert.Equal(2, await service.CountAsync("batch.frame"));
        Assert.Equal(1, await service.CountAsync("batch.webhook"));
        Assert.Equal(1, await service.CountAsync("batch.atlas WHERE requested > 0"));
    }

    [Fact]
    public async Task Stores_none_and_orders_no_hook_when_a_frame_of_a_job_is_invalid()
    {
        var job = await RunAsync("/batch/jobs", $$"""
            { "job_type": "frames", "items": [{{Frame("a", "one")}}, { "id": "b" }], "options": {{Hooks}} }
            """);

        Assert.Equal(("completed", 0, 1), Told(job));
        Assert.Equal(0, await service.CountAsync("batch.frame"));
        Assert.Equal(0, await service.CountAsync("batch.webhook"));
        using var items = await service.Client.GetAsync(new Uri($"/batch/jobs/{job.GetProperty("batch_job_id").GetString()}/items", UriKind.Relative));
        var told = JsonElement.Parse(await items.Content.ReadAsStringAsync()).EnumerateArray().ToList();
        Assert.Equal(["skipped", "failed"], told.Select(item => item.GetProperty("status").GetString()));
        Assert.Equal("VALIDATION_FAILED", told[1].GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task Runs_the_very_body_of_a_batch_as_a_job_when_the_client_prefers_so()
    {
        var job = await RunAsync("/frames/batch", $$"""{ "frames": [{{Frame("a", "one")}}], "options": { "failFast": false } }""", "respond-async");

        Assert.Equal(("completed", 1, 0), Told(job));
        Assert.Equal(1, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Refuses_a_job_of_frames_with_an_unknown_hook()
    {
        using var body = new StringContent(
            """{ "job_type": "frames", "items": [{}], "options": { "onSuccess": ["dance"] } }""", Encoding.UTF8, "application/json");
        using var refused = await service.Client.PostAsync(new Uri("/batch/jobs", UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private static string Frame(string id, string caption) => $$"""
        { "id": "{{id}}", "timestamp": "2026-01-31T10:00:00Z", "branch": "main", "module_scope": [], "summary_caption": "{{caption}}",
          "reference_point": "r", "status_snapshot": { "next_action": "n" } }
        """;

    private static (string?, int, int) Told(JsonElement job) =>
        (job.GetProperty("status").GetString(), job.GetProperty("success_items").GetInt32(), job.GetProperty("failed_items").GetInt32());

    /// <summary>Sends it, and gives the job at its end.</summary>
    private async Task<JsonElement> RunAsync(string address, string json, string? prefer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        using var accepted = await service.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        using var wait = new HttpRequestMessage(HttpMethod.Get, accepted.Headers.Location);
        wait.Headers.Add("Prefer", "wait=30");
        using var ended = await service.Client.SendAsync(wait);
        return JsonElement.Parse(await ended.Content.ReadAsStringAsync());
    }

    /// <summary>With webhooks that meet a closed port.</summary>
    public sealed class Service : FramesFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Webhooks:Secret"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
            settings["Webhooks:AllowLoopback"] = "true";
        }
    }
}
