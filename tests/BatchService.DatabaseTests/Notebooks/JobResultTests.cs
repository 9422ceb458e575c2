namespace BatchService.DatabaseTests.Notebooks;

/// <summary>What a completed job does to its entry, in the transaction that completes it.</summary>
public sealed class JobResultTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private const string Claims = """{ "claims": [ { "text": "distilled", "confidence": 0.5 } ], "model": "extractive" }""";

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task A_distillation_writes_the_claims_and_queues_the_comparisons()
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        var entry = await Client.AddAsync(id);
        var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();

        var reply = (await Client.CompleteAsync(id, job, Claims)).Expect(200);

        Assert.Equal("""{"status":"completed","follow_up_jobs":1}""", reply.Body.GetRawText());
        var read = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);
        Assert.Equal("""[{"text":"distilled","confidence":0.5}]""", read["claims"].GetRawText());
        Assert.Equal(("distilled", "w1", "dev"), (read["claims_status"].GetString(), read["claims_stated_author"].GetString(), read["claims_author"].GetString()));
        Assert.Equal("COMPARE_CLAIMS", (await Client.NextAsync(id)).Expect(200)["job_type"].GetString());
        Assert.Equal("extractive", await service.ReadAsync<string>("SELECT result ->> 'model' FROM batch.notebook_job WHERE id = $1", job));
    }

    [Fact]
    public async Task A_distillation_of_an_entry_that_has_claims_is_completed_and_changes_nothing()
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        var entry = await Client.AddAsync(id);
        await Client.NextAsync(id, "other");
        var job = (await Client.NextAsync(id)).Expect(200);
        Assert.Equal(entry, job["payload"].GetProperty("entry_id").GetGuid());
        (await Client.ClaimAsync(id, entry, "first")).Expect(200);

        Assert.Equal(
            """{"status":"completed","follow_up_jobs":0}""", (await Client.CompleteAsync(id, job["id"].GetGuid(), Claims)).Expect(200).Body.GetRawText());
        Assert.Equal("first", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims"][0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Repeating_a_completion_gives_the_same_answer_and_has_no_second_effect()
    {
        var id = await Client.CreateAsync();
        var (index, entry) = (await Client.AddAsync(id, topic: "index/topic/a"), await Client.AddAsync(id));
        (await Client.ClaimAsync(id, index)).Expect(200);
        await Client.NextAsync(id);
        var distill = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        const string comparison = """{ "entropy": 0.1, "friction": 0.3, "contradictions": [] }""";

        var first = (await Client.CompleteAsync(id, distill, Claims)).Expect(200);
        Assert.Equal(first.Body.GetRawText(), (await Client.CompleteAsync(id, distill, Claims)).Expect(200).Body.GetRawText());
        var compare = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        (await Client.CompleteAsync(id, compare, comparison)).Expect(200);
        (await Client.CompleteAsync(id, compare, comparison)).Expect(200);

        Assert.Equal(1, (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["comparisons"].GetArrayLength());
        Assert.Equal(1L, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'COMPARE_CLAIMS'", id));
    }

    [Theory]
    [InlineData("""{ "model": "extractive", "claims": [ { "confidence": 0.50, "text": "distilled" } ] }""", 200)]
    [InlineData("""{ "claims": [ { "text": "another", "confidence": 0.5 } ], "model": "extractive" }""", 409)]
    [InlineData("""{ "claims": [] }""", 409)]
    [InlineData("7", 409)]
    [InlineData("null", 409)]
    public async Task Repeating_a_completion_with_another_result_is_refused(string result, int status)
    {
        var id = await Client.CreateAsync();
        await Client.AddAsync(id);
        var job = (await Client.NextAsync(id)).Expect(200)["id"].GetGuid();
        (await Client.CompleteAsync(id, job, Claims)).Expect(200);

        var reply = (await Client.CompleteAsync(id, job, result)).Expect(status);

        if (status == 409)
            Assert.Equal("Job not claimed by this worker", reply.Error);
    }

    [Fact]
    public async Task Comparisons_are_appended_and_the_greatest_friction_decides_about_review()
    {
        var id = await Client.CreateAsync();
        var (a, b) = (await Client.AddAsync(id, topic: "index/topic/a"), await Client.AddAsync(id, topic: "index/topic/b"));
        (await Client.ClaimAsync(id, a)).Expect(200);
        (await Client.ClaimAsync(id, b)).Expect(200);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        var entry = await Client.AddAsync(id);
        (await Client.ClaimAsync(id, entry)).Expect(200);

        var read = await CompareAsync("""{ "entropy": 0.7, "friction": 0.2 }""");
        Assert.Equal((0.2, false), (read["max_friction"].GetDouble(), read["needs_review"].GetBoolean()));
        read = await CompareAsync("""{ "entropy": 0.1, "friction": 0.25, "contradictions": [ { "claim_a": "x", "claim_b": "y", "severity": 0.5 } ] }""");
        Assert.Equal((0.25, true), (read["max_friction"].GetDouble(), read["needs_review"].GetBoolean()));
        (await Client.PostAsync($"/notebooks/{id}/jobs", $$$"""
            { "job_type": "COMPARE_CLAIMS", "payload": { "entry_id": "{{{entry}}}", "compare_against_id": "{{{a}}}",
              "claims_a": [ { "text": "t", "confidence": 1 } ], "claims_b": [ { "text": "t", "confidence": 1 } ] } }
            """)).Expect(201);
        read = await CompareAsync("""{ "entropy": 0, "friction": 0.1, "contradictions": [] }""");

        Assert.Equal((0.25, true), (read["max_friction"].GetDouble(), read["needs_review"].GetBoolean()));
        var comparisons = read["comparisons"].EnumerateArray().ToList();
        Assert.Equal([a, b, a], comparisons.Select(comparison => comparison.GetProperty("compared_against").GetGuid()));
        Assert.Equal([0.7, 0.1, 0], comparisons.Select(comparison => comparison.GetProperty("entropy").GetDouble()));
        Assert.Equal([0.2, 0.25, 0.1], comparisons.Select(comparison => comparison.GetProperty("friction").GetDouble()));
        Assert.Equal([0, 1, 0], comparisons.Select(comparison => comparison.GetProperty("contradictions").GetArrayLength()));
        Assert.All(comparisons, comparison =>
        {
            Assert.Equal(6, comparison.EnumerateObject().Count());
            Assert.Equal("w1", comparison.GetProperty("computed_by").GetString());
            Assert.Equal(TimeSpan.Zero, comparison.GetProperty("computed_at").GetDateTimeOffset().Offset);
        });

        async Task<NotebookReply> CompareAsync(string result)
        {
            var job = (await Client.NextAsync(id, more: "&type=COMPARE_CLAIMS")).Expect(200)["id"].GetGuid();
            Assert.Equal("""{"status":"completed","follow_up_jobs":0}""", (await Client.CompleteAsync(id, job, result)).Expect(200).Body.GetRawText());
            return (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);
        }
    }

    [Fact]
    public async Task A_completion_that_arrives_many_times_at_once_has_one_effect()
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        var entry = await Client.AddAsync(id);
        (await Client.ClaimAsync(id, entry)).Expect(200);
        var job = (await Client.NextAsync(id, more: "&type=COMPARE_CLAIMS")).Expect(200)["id"].GetGuid();

        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Client.CompleteAsync(id, job, """{ "entropy": 0.1, "friction": 0.1 }""")));

        Assert.All(replies, reply => reply.Expect(200));
        Assert.Equal(1, (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["comparisons"].GetArrayLength());
    }

    [Fact]
    public async Task A_classification_sets_the_primary_topic()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        (await Client.PostAsync($"/notebooks/{id}/jobs", $$$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{entry}}}", "compare_against_id": "no id" } }""")).Expect(201);
        var job = (await Client.NextAsync(id, more: "&type=CLASSIFY_TOPIC")).Expect(200)["id"].GetGuid();

        (await Client.CompleteAsync(id, job, """{ "primary_topic": "auth/tokens" }""")).Expect(200);

        Assert.Equal("auth/tokens", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["primary_topic"].GetString());
    }

    [Theory]
    [InlineData("DISTILL_CLAIMS", "null", "/result")]
    [InlineData("DISTILL_CLAIMS", "[]", "/result")]
    [InlineData("DISTILL_CLAIMS", "{}", "/result/claims")]
    [InlineData("DISTILL_CLAIMS", """{ "claims": [] }""", "/result/claims")]
    [InlineData("DISTILL_CLAIMS", """{ "claims": [ { "text": "t", "confidence": 2 } ] }""", "/result/claims/0/confidence")]
    [InlineData("DISTILL_CLAIMS", """{ "claims": [ "t" ] }""", "/result/claims/0")]
    [InlineData("COMPARE_CLAIMS", """{ "friction": 0.1 }""", "/result/entropy")]
    [InlineData("COMPARE_CLAIMS", """{ "entropy": 0.1, "friction": "high" }""", "/result/friction")]
    [InlineData("COMPARE_CLAIMS", """{ "entropy": 0.1, "friction": 0.1, "contradictions": 3 }""", "/result/contradictions")]
    [InlineData("CLASSIFY_TOPIC", """{ "topic": "x" }""", "/result/primary_topic")]
    [InlineData("CLASSIFY_TOPIC", """{ "primary_topic": 3 }""", "/result/primary_topic")]
    public async Task Refuses_a_malformed_result_and_leaves_the_job_with_its_worker(string type, string result, string place)
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        var entry = await Client.AddAsync(id);
        if (type == "COMPARE_CLAIMS")
            (await Client.ClaimAsync(id, entry)).Expect(200);
        if (type == "CLASSIFY_TOPIC")
            (await Client.PostAsync($"/notebooks/{id}/jobs", $$$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{entry}}}" } }""")).Expect(201);
        var job = (await Client.NextAsync(id, more: $"&type={type}")).Expect(200)["id"].GetGuid();
        var before = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200).Body.GetRawText();

        Assert.StartsWith($"VALIDATION_FAILED {place}", (await Client.CompleteAsync(id, job, result)).Expect(422).Problems[0], StringComparison.Ordinal);

        Assert.Equal(before, (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200).Body.GetRawText());
        (await Client.FailAsync(id, job)).Expect(200);
    }
}
