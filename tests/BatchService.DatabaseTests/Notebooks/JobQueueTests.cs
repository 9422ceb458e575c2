using System.Text.Json;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>The work queue: claiming, giving back, counting.</summary>
public sealed class JobQueueTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private const string Claims = """{ "claims": [ { "text": "t", "confidence": 1 } ] }""";

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Hands_out_the_oldest_job_first_with_the_depth_of_the_queue()
    {
        var id = await Client.CreateAsync();
        var first = (await Client.BatchAsync(id, NotebookClient.Entry("1"), NotebookClient.Entry("2"))).Expect(201).All("results", "entry_id");
        var later = await Client.AddAsync(id, "3");

        var job = (await Client.NextAsync(id, "robot-7")).Expect(200);

        Assert.Equal(
            ["id", "job_type", "status", "payload", "created", "claimed_at", "claimed_by", "queue_depth"], job.Body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("in_progress", "robot-7", 2), (job["status"].GetString(), job["claimed_by"].GetString(), job["queue_depth"].GetInt32()));
        Assert.True(job["claimed_at"].GetDateTimeOffset() >= job["created"].GetDateTimeOffset().AddSeconds(-1));
        Assert.Equal(first[0], job["payload"].GetProperty("entry_id").GetString());
        Assert.Equal(first[1], (await Client.NextAsync(id)).Expect(200)["payload"].GetProperty("entry_id").GetString());
        var last = (await Client.NextAsync(id)).Expect(200);
        Assert.Equal((later, 0), (last["payload"].GetProperty("entry_id").GetGuid(), last["queue_depth"].GetInt32()));
        Assert.Equal(JsonValueKind.Undefined, (await Client.NextAsync(id)).Expect(204).Body.ValueKind);
    }

    [Fact]
    public async Task Hands_each_job_to_one_of_many_workers_that_ask_at_once()
    {
        var id = await Client.CreateAsync();
        (await Client.BatchAsync(id, [.. Enumerable.Repeat(NotebookClient.Entry(), 20)])).Expect(201);

        var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(worker => Client.NextAsync(id, $"w{worker}")));

        var jobs = replies.Where(reply => (int)reply.Status == 200).Select(reply => reply["id"].GetGuid()).ToList();
        Assert.Equal(20, jobs.Distinct().Count());
        Assert.Equal(20, jobs.Count);
        Assert.Equal(12, replies.Count(reply => (int)reply.Status == 204));
    }

    [Fact]
    public async Task Hands_out_jobs_of_the_asked_type_only()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        (await Client.PostAsync($"/notebooks/{id}/jobs", $$$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{entry}}}" } }""")).Expect(201);

        (await Client.NextAsync(id, more: "&type=COMPARE_CLAIMS")).Expect(204);
        var job = (await Client.NextAsync(id, more: "&type=CLASSIFY_TOPIC")).Expect(200);
        Assert.Equal(("CLASSIFY_TOPIC", 0), (job["job_type"].GetString(), job["queue_depth"].GetInt32()));
        Assert.Equal("DISTILL_CLAIMS", (await Client.NextAsync(id)).Expect(200)["job_type"].GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("worker_id=")]
    [InlineData("worker_id=%00")]
    [InlineData("worker_id=w&type=SING")]
    [InlineData("worker_id=w&wait=61")]
    [InlineData("worker_id=w&wait=-1")]
    [InlineData("worker_id=w&wait=soon")]
    [InlineData("worker_id=w&kind=x")]
    public async Task Refuses_to_hand_out_jobs_when_the_question_is_not_in_order(string query) =>
        (await Client.GetAsync($"/notebooks/{Guid.NewGuid()}/jobs/next?{query}")).Expect(400);

    [Theory]
    [InlineData("""{ "job_type": "SING", "payload": {} }""", "FIELD_INVALID /job_type")]
    [InlineData("""{ "payload": {} }""", "FIELD_MISSING /job_type")]
    [InlineData("""{ "job_type": "CLASSIFY_TOPIC" }""", "FIELD_MISSING /payload")]
    [InlineData("""{ "job_type": "CLASSIFY_TOPIC", "payload": {} }""", "FIELD_MISSING /payload/entry_id")]
    [InlineData("""{ "job_type": "CLASSIFY_TOPIC", "payload": [] }""", "FIELD_INVALID /payload")]
    [InlineData("""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "019aa5c0-0000-7000-8000-000000000001" } }""", "FIELD_INVALID /payload/entry_id")]
    [InlineData("""{ "job_type": "DISTILL_CLAIMS", "payload": { "entry_id": "E" } }""", "FIELD_MISSING /payload/content")]
    [InlineData("""{ "job_type": "COMPARE_CLAIMS", "payload": { "entry_id": "E", "claims_a": [ { "text": "t", "confidence": 1 } ], "claims_b": [ { "text": "t", "confidence": 1 } ] } }""", "FIELD_MISSING /payload/compare_against_id")]
    [InlineData("""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "E" }, "priority": 1 }""", "FIELD_UNKNOWN /priority")]
    public async Task Refuses_to_add_a_job_that_no_worker_could_do(string body, string problem)
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);

        var reply = await Client.PostAsync($"/notebooks/{id}/jobs", body.Replace("\"E\"", $"\"{entry}\"", StringComparison.Ordinal));

        Assert.Equal([problem], reply.Expect(400).Problems);
    }

    [Fact]
    public async Task Adds_jobs_of_every_type_and_gives_their_payload_to_the_worker_as_it_came()
    {
        var id = await Client.CreateAsync();
        var (a, b) = (await Client.AddAsync(id), await Client.AddAsync(id));
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        const string claims = """[ { "text": "t", "confidence": 1 } ]""";
        string[] bodies =
        [
            $$$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{a}}}", "topics": ["x", "y"] } }""",
            $$$"""{ "job_type": "DISTILL_CLAIMS", "payload": { "entry_id": "{{{a}}}", "content": "c" } }""",
            $$$"""{ "job_type": "COMPARE_CLAIMS", "payload": { "entry_id": "{{{a}}}", "compare_against_id": "{{{b}}}", "claims_a": {{{claims}}}, "claims_b": {{{claims}}} } }""",
        ];
        foreach (var body in bodies)
            Assert.Equal("pending", (await Client.PostAsync($"/notebooks/{id}/jobs", body)).Expect(201)["status"].GetString());

        foreach (var body in bodies)
        {
            var (sent, got) = (JsonSerializer.Deserialize<JsonElement>(body), (await Client.NextAsync(id)).Expect(200));
            Assert.Equal(sent.GetProperty("job_type").GetString(), got["job_type"].GetString());
            Assert.True(JsonElement.DeepEquals(sent.GetProperty("payload"), got["payload"]));
        }
    }

    [Fact]
    public async Task Gives_a_failed_job_back_three_times_and_then_gives_it_up()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        for (var retry = 1; retry <= 3; retry++)
        {
            var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
            Assert.Equal($$"""{"status":"pending","retry_count":{{retry}}}""", (await Client.FailAsync(id, job)).Expect(200).Body.GetRawText());
        }
        var last = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();

        Assert.Equal("""{"status":"failed"}""", (await Client.FailAsync(id, last)).Expect(200).Body.GetRawText());

        (await Client.NextAsync(id)).Expect(204);
        Assert.Equal(1, Count(await StatsAsync(id), "DISTILL_CLAIMS", "failed"));
        Assert.Equal("""{"retried":1}""", (await Client.PostAsync($"/notebooks/{id}/jobs/retry-failed")).Expect(200).Body.GetRawText());
        Assert.Equal("""{"retried":0}""", (await Client.PostAsync($"/notebooks/{id}/jobs/retry-failed")).Expect(200).Body.GetRawText());
        Assert.Equal("""{"status":"pending","retry_count":1}""", (await Client.FailAsync(id, (await Client.NextAsync(id)).Expect(200)["id"].GetGuid())).Expect(200).Body.GetRawText());
    }

    [Fact]
    public async Task Counts_per_type_and_status_with_zeros()
    {
        var id = await Client.CreateAsync();
        var zeros = """{"pending":0,"in_progress":0,"completed":0,"failed":0}""";
        Assert.Equal($$"""{"DISTILL_CLAIMS":{{zeros}},"COMPARE_CLAIMS":{{zeros}},"CLASSIFY_TOPIC":{{zeros}}}""", (await StatsAsync(id)).GetRawText());
        (await Client.BatchAsync(id, NotebookClient.Entry(), NotebookClient.Entry(), NotebookClient.Entry())).Expect(201);
        await Client.NextAsync(id);
        (await Client.CompleteAsync(id, (await Client.NextAsync(id)).Expect(200)["id"].GetGuid(), Claims)).Expect(200);

        Assert.Equal("""{"pending":1,"in_progress":1,"completed":1,"failed":0}""", (await StatsAsync(id)).GetProperty("DISTILL_CLAIMS").GetRawText());
    }

    [Fact]
    public async Task Refuses_a_worker_that_does_not_have_the_job()
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        var pending = await service.ReadAsync<Guid>("SELECT id FROM batch.notebook_job WHERE notebook_id = $1", id);
        Assert.Equal("Job not claimed by this worker", (await Client.CompleteAsync(id, pending, Claims)).Expect(409).Error);
        var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();

        Assert.Equal("Job not claimed by this worker", (await Client.CompleteAsync(id, job, Claims, "w2")).Expect(409).Error);
        Assert.Equal("Job not claimed by this worker", (await Client.FailAsync(id, job, "w2")).Expect(409).Error);
        (await Client.CompleteAsync(id, job, Claims)).Expect(200);
        Assert.Equal("Job not claimed by this worker", (await Client.CompleteAsync(id, job, Claims, "w2")).Expect(409).Error);
        Assert.Equal("Job not claimed by this worker", (await Client.FailAsync(id, job)).Expect(409).Error);
    }

    [Fact]
    public async Task Answers_404_to_a_job_that_does_not_exist_or_is_of_another_notebook()
    {
        var (id, other) = (await Client.CreateAsync(), await Client.CreateAsync());
        await Client.AddAsync(other);
        var job = (await Client.NextAsync(other)).Expect(200)["id"].GetGuid();
        var missing = Guid.NewGuid();

        Assert.Equal($"Job {missing} not found", (await Client.CompleteAsync(id, missing, Claims)).Expect(404).Error);
        Assert.Equal($"Job {job} not found", (await Client.CompleteAsync(id, job, Claims)).Expect(404).Error);
        Assert.Equal($"Job {job} not found", (await Client.FailAsync(id, job)).Expect(404).Error);
        (await Client.CompleteAsync(other, job, Claims)).Expect(200);
    }

    [Theory]
    [InlineData("complete", "7", "FIELD_INVALID")]
    [InlineData("complete", """{ "result": {} }""", "FIELD_MISSING /worker_id")]
    [InlineData("complete", """{ "worker_id": "w1" }""", "FIELD_MISSING /result")]
    [InlineData("complete", """{ "worker_id": "w1", "result": {}, "x": 1 }""", "FIELD_UNKNOWN /x")]
    [InlineData("fail", """{ "worker_id": "w1" }""", "FIELD_MISSING /error")]
    public async Task Refuses_answers_of_workers_that_are_not_in_order(string call, string body, string problem) =>
        Assert.Equal([problem], (await Client.PostAsync($"/notebooks/{Guid.NewGuid()}/jobs/{Guid.NewGuid()}/{call}", body)).Expect(400).Problems);

    private async Task<JsonElement> StatsAsync(Guid id) => (await Client.GetAsync($"/notebooks/{id}/jobs/stats")).Expect(200).Body;

    private static int Count(JsonElement stats, string type, string status) => stats.GetProperty(type).GetProperty(status).GetInt32();
}
