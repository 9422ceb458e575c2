namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Claims are written once, together with the comparisons that follow from them.</summary>
public sealed class ClaimsTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Writes_claims_and_answers_as_existing_workers_expect()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);

        var reply = (await Client.PostAsync($"/notebooks/{id}/entries/{entry}/claims", """
            {
              "claims": [
                {"text": "OAuth tokens validated before jobs", "confidence": 0.95},
                {"text": "Validation uses refresh endpoint", "confidence": 0.82}
              ],
              "author": "robot-haiku-1"
            }
            """)).Expect(200);

        Assert.Equal($$"""{"entry_id":"{{entry}}","claims_status":"distilled","comparison_jobs_created":0}""", reply.Body.GetRawText());
        var read = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);
        Assert.Equal(
            """[{"text":"OAuth tokens validated before jobs","confidence":0.95},{"text":"Validation uses refresh endpoint","confidence":0.82}]""",
            read["claims"].GetRawText());
        Assert.Equal("distilled", read["claims_status"].GetString());
        Assert.Equal(("dev", "robot-haiku-1"), (read["claims_author"].GetString(), read["claims_stated_author"].GetString()));
    }

    [Fact]
    public async Task Refuses_claims_where_there_are_some_or_where_there_is_no_entry()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        (await Client.ClaimAsync(id, entry, "first")).Expect(200);

        Assert.Equal("claims already set or entry not found", (await Client.ClaimAsync(id, entry, "second")).Expect(409).Error);
        Assert.Equal("claims already set or entry not found", (await Client.ClaimAsync(id, Guid.NewGuid())).Expect(409).Error);
        Assert.Equal("first", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims"][0].GetProperty("text").GetString());
        await service.RunAsync("UPDATE batch.entry SET claims_status = 'verified' WHERE id = $1", entry);
        (await Client.ClaimAsync(id, entry)).Expect(409);
        var missing = Guid.NewGuid();
        Assert.Equal($"Notebook {missing} not found", (await Client.ClaimAsync(missing, entry)).Expect(404).Error);
    }

    [Theory]
    [InlineData("""{ "claims": [], "author": "a" }""", "claims array is empty")]
    [InlineData("""{ "author": "a" }""", "claims array is empty")]
    [InlineData("21", "claims array exceeds maximum of 20")]
    [InlineData("""{ "claims": [ { "text": "t", "confidence": 1.1 } ], "author": "a" }""", "The field 'confidence' must be a number from 0 to 1")]
    [InlineData("""{ "claims": [ { "text": "t", "confidence": -0.1 } ], "author": "a" }""", "The field 'confidence' must be a number from 0 to 1")]
    [InlineData("""{ "claims": [ { "confidence": 1 } ], "author": "a" }""", "The field 'text' is missing")]
    [InlineData("""{ "claims": [ { "text": "t", "confidence": 1, "x": 1 } ], "author": "a" }""", "Unknown field 'x'")]
    [InlineData("""{ "claims": [ { "text": "t", "confidence": 1 } ] }""", "The field 'author' is missing")]
    public async Task Refuses_claims_that_are_not_in_order_before_it_looks_for_the_notebook(string body, string text)
    {
        if (body == "21")
            body = $$"""{ "claims": [ {{string.Join(',', Enumerable.Repeat("""{ "text": "t", "confidence": 1 }""", 21))}} ], "author": "a" }""";

        Assert.Equal(text, (await Client.PostAsync($"/notebooks/{Guid.NewGuid()}/entries/{Guid.NewGuid()}/claims", body)).Expect(400).Error);
    }

    [Fact]
    public async Task Takes_20_claims()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id);
        var claims = string.Join(',', Enumerable.Repeat("""{ "text": "t", "confidence": 1 }""", 20));

        (await Client.PostAsync($"/notebooks/{id}/entries/{entry}/claims", $$"""{ "claims": [ {{claims}} ], "author": "a" }""")).Expect(200);
    }

    [Fact]
    public async Task Queues_one_comparison_with_each_other_topic_index_that_has_claims()
    {
        var id = await Client.CreateAsync();
        var distilled = await Client.AddAsync(id, topic: "index/topic/a");
        var verified = await Client.AddAsync(id, topic: "index/topic/b/c");
        await Client.AddAsync(id, topic: "index/topic/pending");
        var elsewhere = await Client.AddAsync(id, topic: "index/topics/near");
        var other = await Client.CreateAsync();
        (await Client.ClaimAsync(other, await Client.AddAsync(other, topic: "index/topic/other"))).Expect(200);
        Assert.Equal(0, (await Client.ClaimAsync(id, distilled, "claim a")).Expect(200)["comparison_jobs_created"].GetInt32());
        Assert.Equal(1, (await Client.ClaimAsync(id, verified, "claim b")).Expect(200)["comparison_jobs_created"].GetInt32());
        Assert.Equal(2, (await Client.ClaimAsync(id, elsewhere, "claim c")).Expect(200)["comparison_jobs_created"].GetInt32());
        await service.RunAsync("UPDATE batch.entry SET claims_status = 'verified' WHERE id = $1", verified);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        var entry = await Client.AddAsync(id, topic: "plain");

        Assert.Equal(2, (await Client.ClaimAsync(id, entry, "new")).Expect(200)["comparison_jobs_created"].GetInt32());

        foreach (var (against, text) in (((Guid, string)[])[(distilled, "claim a"), (verified, "claim b")]))
        {
            var job = (await Client.NextAsync(id, more: "&type=COMPARE_CLAIMS")).Expect(200);
            var payload = job["payload"];
            Assert.Equal((entry, against), (payload.GetProperty("entry_id").GetGuid(), payload.GetProperty("compare_against_id").GetGuid()));
            Assert.Equal($$"""[{"text":"{{text}}","confidence":0.9}]""", payload.GetProperty("claims_a").GetRawText());
            Assert.Equal("""[{"text":"new","confidence":0.9}]""", payload.GetProperty("claims_b").GetRawText());
            Assert.Equal(4, payload.EnumerateObject().Count());
        }
        (await Client.NextAsync(id, more: "&type=COMPARE_CLAIMS")).Expect(204);
    }

    [Fact]
    public async Task Of_32_writers_at_once_one_wins_and_the_comparisons_exist_once()
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/b"))).Expect(200);
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);
        for (var round = 0; round < 3; round++)
        {
            var entry = await Client.AddAsync(id);

            var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Client.ClaimAsync(id, entry, $"by writer {writer}")));

            var winner = Assert.Single(replies, reply => (int)reply.Status == 200);
            Assert.Equal(31, replies.Count(reply => (int)reply.Status == 409));
            Assert.Equal(2, winner["comparison_jobs_created"].GetInt32());
            Assert.Equal(2L, await service.ReadAsync<long>(
                "SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'COMPARE_CLAIMS' AND payload ->> 'entry_id' = $2", id, $"{entry}"));
            var claims = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims"];
            Assert.Equal($"by writer {Array.IndexOf(replies, winner)}", claims[0].GetProperty("text").GetString());
        }
    }

    [Fact]
    public async Task Of_topic_indices_that_get_their_claims_at_once_every_pair_is_compared_once()
    {
        const int count = 12;
        var id = await Client.CreateAsync();
        var entries = new List<Guid>();
        for (var index = 0; index < count; index++)
            entries.Add(await Client.AddAsync(id, topic: $"index/topic/{index}"));

        var replies = await Task.WhenAll(entries.Select(entry => Client.ClaimAsync(id, entry)));

        Assert.Equal(count * (count - 1) / 2, replies.Sum(reply => reply.Expect(200)["comparison_jobs_created"].GetInt32()));
        var pairs = await service.ReadAllAsync<string>(
            """
            SELECT least(payload ->> 'entry_id', payload ->> 'compare_against_id') || ' ' || greatest(payload ->> 'entry_id', payload ->> 'compare_against_id')
            FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'COMPARE_CLAIMS'
            """,
            id);
        Assert.Equal(count * (count - 1) / 2, pairs.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(pairs.Count, pairs.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_crash_between_the_claims_and_their_jobs_leaves_neither_and_repeating_the_call_succeeds()
    {
        var id = await Client.CreateAsync();
        (await Client.ClaimAsync(id, await Client.AddAsync(id, topic: "index/topic/a"))).Expect(200);
        var entry = await Client.AddAsync(id);

        // The service's transaction stops where it inserts the jobs: the claims are written then, the jobs are not.
        await using (var blocker = await service.Database.OpenConnectionAsync())
        {
            await using var transaction = await blocker.BeginTransactionAsync();
            await using var block = blocker.CreateCommand();
            block.CommandText = "LOCK TABLE batch.notebook_job IN SHARE MODE";
            await block.ExecuteNonQueryAsync();
            var pending = Client.ClaimAsync(id, entry);
            var kills = 0L;
            while (!pending.IsCompleted)
            {
                // Every try that the service makes by itself is killed, too.
                kills += await service.ReadAsync<long>("""
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%COMPARE_CLAIMS%'
                    """);
            }
            var reply = await pending;
            Assert.True(kills > 0);
            Assert.Equal(503, (int)reply.Status);
            Assert.True(reply["retryable"].GetBoolean());
            await transaction.RollbackAsync();
        }
        Assert.Equal("pending", (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200)["claims_status"].GetString());
        Assert.Equal(0L, await CountComparisonsAsync(id));

        Assert.Equal(1, (await Client.ClaimAsync(id, entry)).Expect(200)["comparison_jobs_created"].GetInt32());
        Assert.Equal(1L, await CountComparisonsAsync(id));
    }

    private Task<long> CountComparisonsAsync(Guid id) => service.ReadAsync<long>(
        "SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'COMPARE_CLAIMS'", id);
}
