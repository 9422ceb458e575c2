using System.Text.Json;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Writing entries, in batches and alone, and reading them.</summary>
public sealed class EntryTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Writes_a_batch_and_answers_with_a_result_for_each_entry_in_order()
    {
        var id = await Client.CreateAsync();

        var reply = (await Client.BatchAsync(id, NotebookClient.Entry("first", "test/batch"), NotebookClient.Entry("second"))).Expect(201);

        Assert.Equal(["results", "jobs_created"], reply.Body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(2, reply["jobs_created"].GetInt32());
        var entry = reply["results"][0];
        Assert.Equal(["entry_id", "causal_position", "integration_cost", "claims_status"], entry.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["1", "2"], reply.All("results", "causal_position"));
        Assert.Equal(["0", "0"], reply.All("results", "integration_cost"));
        Assert.Equal(["pending", "pending"], reply.All("results", "claims_status"));
        Assert.Equal("2", reply.Message.Headers.GetValues("Batch-Succeeded").Single());
        Assert.Equal(
            ["first", "second"], await service.ReadAllAsync<string>("SELECT content FROM batch.entry WHERE notebook_id = $1 ORDER BY causal_position", id));
    }

    [Fact]
    public async Task Queues_every_entry_for_distillation_with_the_payload_that_workers_read()
    {
        var id = await Client.CreateAsync();
        var entries = (await Client.BatchAsync(id, NotebookClient.Entry("first"), NotebookClient.Entry("second"))).Expect(201).All("results", "entry_id");

        foreach (var (entry, content) in entries.Zip((string[])["first", "second"]))
        {
            var job = (await Client.NextAsync(id)).Expect(200);
            Assert.Equal("DISTILL_CLAIMS", job["job_type"].GetString());
            var payload = job["payload"];
            Assert.Equal(4, payload.EnumerateObject().Count());
            Assert.Equal((entry, content), (payload.GetProperty("entry_id").GetString(), payload.GetProperty("content").GetString()));
            Assert.Equal(JsonValueKind.Null, payload.GetProperty("context_claims").ValueKind);
            Assert.Equal(12, payload.GetProperty("max_claims").GetInt32());
        }
    }

    [Theory]
    [InlineData("""{ "entries": [] }""", "entries array is empty", "BATCH_EMPTY")]
    [InlineData("""{ "author": "a" }""", "entries array is empty", "BATCH_EMPTY")]
    [InlineData("""{ "entries": null }""", "entries array is empty", "BATCH_EMPTY")]
    [InlineData("101", "batch size exceeds limit of 100 entries", "BATCH_TOO_LARGE")]
    public async Task Refuses_an_empty_or_too_large_batch_before_it_looks_for_the_notebook(string body, string text, string code)
    {
        if (body == "101")
            body = $$"""{ "entries": [ {{string.Join(',', Enumerable.Repeat("""{ "content": "c" }""", 101))}} ] }""";

        var reply = (await Client.PostAsync($"/notebooks/{Guid.NewGuid()}/batch", body)).Expect(400);

        Assert.Equal((text, code), (reply.Error, reply["code"].GetString()));
    }

    [Fact]
    public async Task Takes_100_entries_and_says_404_only_after_the_body_is_in_order()
    {
        var hundred = Enumerable.Range(0, 100).Select(index => NotebookClient.Entry($"entry {index}")).ToArray();
        var (id, missing) = (await Client.CreateAsync(), Guid.NewGuid());

        Assert.Equal(100, (await Client.BatchAsync(id, hundred)).Expect(201)["jobs_created"].GetInt32());
        Assert.Equal($"Notebook {missing} not found", (await Client.BatchAsync(missing, hundred)).Expect(404).Error);
    }

    [Theory]
    [InlineData("{}", "FIELD_MISSING /entries/1/content")]
    [InlineData("""{ "content": 1 }""", "FIELD_INVALID /entries/1/content")]
    [InlineData("""{ "content": "c", "colour": "red" }""", "FIELD_UNKNOWN /entries/1/colour")]
    [InlineData("""{ "content": "c", "references": "x" }""", "FIELD_INVALID /entries/1/references")]
    [InlineData("""{ "content": "c", "references": ["x"] }""", "FIELD_INVALID /entries/1/references/0")]
    [InlineData("""{ "content": "c", "fragment_index": 0 }""", "FIELD_MISSING /entries/1/fragment_of")]
    [InlineData("""{ "content": "c", "fragment_of": "019aa5c0-0000-7000-8000-000000000001" }""", "FIELD_MISSING /entries/1/fragment_index")]
    [InlineData("""{ "content": "c", "fragment_of": "019aa5c0-0000-7000-8000-000000000001", "fragment_index": -1 }""", "FIELD_INVALID /entries/1/fragment_index")]
    [InlineData("""{ "content": "c", "references": ["019aa5c0-0000-7000-8000-000000000001"] }""", "FIELD_INVALID /entries/1/references/0")]
    [InlineData("""{ "content": "c", "fragment_of": "019aa5c0-0000-7000-8000-000000000001", "fragment_index": 0 }""", "FIELD_INVALID /entries/1/fragment_of")]
    public async Task Writes_nothing_when_one_entry_is_wrong_and_leaves_no_gap(string bad, string problem)
    {
        var id = await Client.CreateAsync();

        var reply = (await Client.BatchAsync(id, NotebookClient.Entry("good"), bad)).Expect(400);

        Assert.Equal([problem], reply.Problems);
        Assert.Equal("1", reply.Message.Headers.GetValues("Batch-Failed").Single());
        Assert.Equal(0L, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1", id));
        Assert.Equal(["1"], (await Client.BatchAsync(id, NotebookClient.Entry())).Expect(201).All("results", "causal_position"));
    }

    [Fact]
    public async Task Lets_entries_refer_to_earlier_ones_of_the_batch_by_the_id_they_bring()
    {
        var (id, parent) = (await Client.CreateAsync(), Guid.CreateVersion7());

        var reply = (await Client.BatchAsync(
            id,
            NotebookClient.Entry("whole", id: parent),
            $$"""{ "content": "part", "fragment_of": "{{parent}}", "fragment_index": 1 }""",
            $$"""{ "content": "part", "fragment_of": "{{parent}}", "fragment_index": 0 }""",
            $$"""{ "content": "see", "references": ["{{parent}}"] }""")).Expect(201);
        var ids = reply.All("results", "entry_id");

        Assert.Equal($"{parent}", ids[0]);
        var whole = (await Client.GetAsync($"/notebooks/{id}/entries/{parent}")).Expect(200);
        Assert.Equal([ids[2], ids[1]], whole["fragments"].EnumerateArray().Select(fragment => fragment.GetString()));
        Assert.Equal([ids[3]], whole["referenced_by"].EnumerateArray().Select(entry => entry.GetString()));
        var part = (await Client.GetAsync($"/notebooks/{id}/entries/{ids[1]}")).Expect(200);
        Assert.Equal((parent, 1), (part["fragment_of"].GetGuid(), part["fragment_index"].GetInt32()));
        var see = (await Client.GetAsync($"/notebooks/{id}/entries/{ids[3]}")).Expect(200);
        Assert.Equal(parent, see["references"][0].GetGuid());
    }

    [Fact]
    public async Task Refuses_references_forward_to_itself_and_into_other_notebooks()
    {
        var (id, own) = (await Client.CreateAsync(), Guid.CreateVersion7());
        var elsewhere = await Client.AddAsync(await Client.CreateAsync());

        var forward = await Client.BatchAsync(id, $$"""{ "content": "a", "references": ["{{own}}"] }""", NotebookClient.Entry(id: own));
        var itself = await Client.BatchAsync(id, $$"""{ "content": "a", "entry_id": "{{own}}", "references": ["{{own}}"] }""");
        var other = await Client.BatchAsync(id, $$"""{ "content": "a", "references": ["{{elsewhere}}"] }""");

        Assert.All([forward, itself, other], reply => Assert.Equal(["FIELD_INVALID /entries/0/references/0"], reply.Expect(400).Problems));
    }

    [Fact]
    public async Task Refuses_an_entry_id_that_is_taken_in_the_batch_or_in_the_notebook()
    {
        var (id, own) = (await Client.CreateAsync(), Guid.CreateVersion7());

        Assert.Equal(
            ["DUPLICATE_IN_BATCH /entries/1/entry_id"],
            (await Client.BatchAsync(id, NotebookClient.Entry(id: own), NotebookClient.Entry(id: own))).Expect(409).Problems);
        (await Client.BatchAsync(id, NotebookClient.Entry(id: own))).Expect(201);
        Assert.Equal(
            ["UNIQUE_VIOLATION /entries/1/entry_id"],
            (await Client.BatchAsync(id, NotebookClient.Entry(), NotebookClient.Entry(id: own))).Expect(409).Problems);
        (await Client.BatchAsync(await Client.CreateAsync(), NotebookClient.Entry(id: own))).Expect(201);
    }

    [Fact]
    public async Task Writes_a_single_entry_by_the_same_rules()
    {
        var id = await Client.CreateAsync();

        var reply = (await Client.PostAsync($"/notebooks/{id}/entries", """{ "content": "alone", "content_type": "text/markdown", "author": "me" }""")).Expect(201);

        Assert.Equal(["entry_id", "causal_position", "integration_cost", "claims_status"], reply.Body.EnumerateObject().Select(member => member.Name));
        Assert.Equal($"/notebooks/{id}/entries/{reply["entry_id"].GetString()}", reply.Message.Headers.Location!.ToString());
        Assert.Equal("text/markdown", (await Client.GetAsync(reply.Message.Headers.Location.ToString())).Expect(200)["content_type"].GetString());
        Assert.Equal("DISTILL_CLAIMS", (await Client.NextAsync(id)).Expect(200)["job_type"].GetString());
        Assert.Equal(["FIELD_MISSING /content"], (await Client.PostAsync($"/notebooks/{id}/entries", "{}")).Expect(400).Problems);
        var unknown = (await Client.PostAsync($"/notebooks/{id}/entries", $$"""{ "content": "c", "fragment_of": "{{Guid.NewGuid()}}", "fragment_index": 0 }""")).Expect(400);
        Assert.Equal(["FIELD_INVALID /fragment_of"], unknown.Problems);
        Assert.Equal("The id names no entry of this notebook", unknown.Error);
        Assert.Equal(400, (int)(await Client.PostAsync($"/notebooks/{Guid.NewGuid()}/entries", "{}")).Status);
        Assert.Equal(404, (int)(await Client.PostAsync($"/notebooks/{Guid.NewGuid()}/entries", """{ "content": "c" }""")).Status);
    }

    [Fact]
    public async Task Reads_an_entry_with_every_member()
    {
        var id = await Client.CreateAsync();
        var entry = await Client.AddAsync(id, "read me", "a/topic");

        var read = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);

        Assert.Equal(("read me", "text/plain", "a/topic", 1), (
            read["content"].GetString(), read["content_type"].GetString(), read["topic"].GetString(), read["causal_position"].GetInt32()));
        Assert.Equal("""["[]","pending","[]","False","[]","[]","[]"]""", JsonSerializer.Serialize(
            new[] { "claims", "claims_status", "comparisons", "needs_review", "references", "referenced_by", "fragments" }.Select(name => read[name].ToString())));
        Assert.All((string[])["fragment_of", "fragment_index", "max_friction", "revision_of", "primary_topic", "integration_cost_components"], name =>
            Assert.Equal(JsonValueKind.Null, read[name].ValueKind));
        Assert.Equal(0, read["integration_cost"].GetDouble());
        var missing = Guid.NewGuid();
        Assert.Equal($"Entry {missing} not found", (await Client.GetAsync($"/notebooks/{id}/entries/{missing}")).Expect(404).Error);
        Assert.Equal(404, (int)(await Client.GetAsync($"/notebooks/{await Client.CreateAsync()}/entries/{entry}")).Status);
    }

    [Fact]
    public async Task Takes_the_caller_as_author_whatever_the_body_says()
    {
        var id = await Client.CreateAsync();
        var entry = (await Client.BatchAsync(id, NotebookClient.Entry())).Expect(201)["results"][0].GetProperty("entry_id").GetGuid();

        var read = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);

        Assert.Equal(("dev", "test-script"), (read["author"].GetString(), read["stated_author"].GetString()));
    }

    [Fact]
    public async Task Revises_by_a_new_entry_and_leaves_the_old_one_alone()
    {
        var id = await Client.CreateAsync();
        var old = await Client.AddAsync(id, "old text", "a/topic");
        (await Client.ClaimAsync(id, old)).Expect(200);

        var reply = (await Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{old}", """{ "content": "new text" }""")).Expect(201);

        Assert.Equal((old, 2, "pending"), (reply["revision_of"].GetGuid(), reply["causal_position"].GetInt32(), reply["claims_status"].GetString()));
        var revised = (await Client.GetAsync($"/notebooks/{id}/entries/{reply["entry_id"].GetString()}")).Expect(200);
        Assert.Equal((old, "new text", "a/topic"), (revised["revision_of"].GetGuid(), revised["content"].GetString(), revised["topic"].GetString()));
        var before = (await Client.GetAsync($"/notebooks/{id}/entries/{old}")).Expect(200);
        Assert.Equal(("old text", "distilled"), (before["content"].GetString(), before["claims_status"].GetString()));
        Assert.Equal(2L, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'DISTILL_CLAIMS'", id));
        var missing = Guid.NewGuid();
        Assert.Equal($"Entry {missing} not found", (await Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{missing}", """{ "content": "c" }""")).Expect(404).Error);
        Assert.Equal("b", (await Client.GetAsync((await Client.SendAsync(HttpMethod.Put, $"/notebooks/{id}/entries/{old}", """{ "content": "c", "topic": "b" }""")).Expect(201)
            .Message.Headers.Location!.ToString())).Expect(200)["topic"].GetString());
    }

    [Fact]
    public async Task Repeats_the_answer_of_a_batch_under_the_same_key_without_writing_again()
    {
        var id = await Client.CreateAsync();
        const string body = """{ "entries": [ { "content": "once" } ] }""";

        var first = (await Client.PostAsync($"/notebooks/{id}/batch", body, key: "k1")).Expect(201);
        var second = (await Client.PostAsync($"/notebooks/{id}/batch", body, key: "k1")).Expect(201);

        Assert.Equal(first.Body.GetRawText(), second.Body.GetRawText());
        Assert.Equal("true", second.Message.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(1, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
        (await Client.PostAsync($"/notebooks/{id}/batch", """{ "entries": [ { "content": "other" } ] }""", key: "k1")).Expect(422);
    }

    [Fact]
    public async Task Takes_a_long_entry_of_words_that_are_all_different()
    {
        var id = await Client.CreateAsync();
        static string Rare(int index) => char.ConvertFromUtf32(0x20000 + (index % 40_000));
        string[] hard =
        [
            string.Join(' ', Enumerable.Range(0, 40_000).Select(Rare)),
            string.Join(' ', Enumerable.Range(0, 40_000).Select(index => $"{Rare(index)}-{Rare(index * 7)}")),
            string.Join('-', Enumerable.Range(0, 40_000).Select(Rare)),
            string.Join(' ', Enumerable.Range(0, 90_000).Select(index => $"{index:x}")),
            string.Join(' ', Enumerable.Range(0, 20_000).Select(index => $"a{index:x}.com/{index:x}/{index + 1:x}")),
            new string('x', 1_000_000),
        ];

        foreach (var content in hard)
            await Client.AddAsync(id, content);
        Assert.Equal(400, (int)(await Client.PostAsync($"/notebooks/{id}/entries", NotebookClient.Entry(new string('x', 1_000_001)))).Status);
    }
}
