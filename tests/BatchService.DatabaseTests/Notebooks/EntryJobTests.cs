using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Small chunks, so that every job has many.</summary>
public sealed class EntryJobFixture : NotebooksFixture
{
    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["Jobs:PartItems"] = "1";
        settings["Jobs:MaxRunningPerCaller"] = "100";
    }
}

/// <summary>Entries written by jobs: by <c>POST /batch/jobs</c>, and by <c>Prefer: respond-async</c>.</summary>
public sealed class EntryJobTests(EntryJobFixture service) : IClassFixture<EntryJobFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task A_batch_that_may_be_answered_later_is_a_job_that_writes_all_of_it()
    {
        var id = await Client.CreateAsync();
        var own = Guid.NewGuid();
        var body = $$"""
            { "entries": [ {{NotebookClient.Entry("parent", "a/topic", own)}}, { "content": "part", "fragment_of": "{{own}}", "fragment_index": 0, "references": ["{{own}}"] } ],
              "author": "script" }
            """;

        var accepted = (await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/batch", body, prefer: "respond-async")).Expect(202);

        Assert.Equal(("respond-async", 2), (accepted.Message.Headers.GetValues("Preference-Applied").Single(), accepted["total_items"].GetInt32()));
        var job = await EndAsync(accepted);
        Assert.Equal(("entries", "completed", 2), (job["job_type"].GetString(), job["status"].GetString(), job["success_items"].GetInt32()));
        var outputs = (await ItemsAsync(accepted)).Select(item => item.GetProperty("output_data")).ToList();
        Assert.Equal($$"""{"entry_id":"{{own}}","causal_position":1,"integration_cost":0,"claims_status":"pending"}""", outputs[0].GetRawText());
        var part = (await Client.GetAsync($"/notebooks/{id}/entries/{outputs[1].GetProperty("entry_id").GetGuid()}")).Expect(200);
        Assert.Equal((2, $"{own}", 0, "dev", "script"), (
            part["causal_position"].GetInt32(), part["fragment_of"].GetString(), part["fragment_index"].GetInt32(), part["author"].GetString(), part["stated_author"].GetString()));
        Assert.Equal($"{own}", part["references"][0].GetString());
        var distil = (await Client.NextAsync(id)).Expect(200);
        Assert.Equal(
            $$"""{"content":"parent","entry_id":"{{own}}","max_claims":12,"context_claims":null}""", distil["payload"].GetRawText());
        Assert.Equal(1, distil["queue_depth"].GetInt32());
    }

    [Fact]
    public async Task A_batch_that_may_be_answered_later_is_checked_at_once_as_any_other()
    {
        var id = await Client.CreateAsync();
        var foreign = await Client.CreateAsync();
        await service.GiveAwayAsync(foreign, "read");
        var nowhere = Guid.NewGuid();

        Assert.Equal("entries array is empty", (await LaterAsync(id, """{ "entries": [] }""")).Expect(400).Error);
        var many = string.Join(',', Enumerable.Repeat(NotebookClient.Entry(), 101));
        Assert.Equal("batch size exceeds limit of 100 entries", (await LaterAsync(nowhere, $$"""{ "entries": [{{many}}] }""")).Expect(400).Error);
        var good = $$"""{ "entries": [{{NotebookClient.Entry()}}] }""";
        Assert.Equal($"Notebook {nowhere} not found", (await LaterAsync(nowhere, good)).Expect(404).Error);
        Assert.Equal($"Notebook {foreign} not found", (await LaterAsync(foreign, good)).Expect(404).Error);
        var dangling = $$"""{ "entries": [{{NotebookClient.Entry()}}, { "content": "c", "references": ["{{nowhere}}"] }] }""";
        Assert.Equal(["FIELD_INVALID /entries/1/references/0"], (await LaterAsync(id, dangling)).Expect(400).Problems);
        var refused = (await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/batch", good, prefer: "respond-async, colour=blue")).Expect(400);
        Assert.Equal("FIELD_UNKNOWN", refused["code"].GetString());
        Assert.Equal(0, await service.ReadAsync<long>("SELECT current_sequence FROM batch.notebook WHERE id = $1", id));
    }

    [Fact]
    public async Task Of_a_job_only_the_bad_entries_fail_and_those_that_refer_to_them()
    {
        var id = await Client.CreateAsync();
        var old = await Client.AddAsync(id);
        var (own, bad, nowhere) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var accepted = await SubmitAsync(
            $$"""{ "notebook_id": "{{id}}", "author": "script" }""",
            NotebookClient.Entry("first", id: own),
            $$"""{ "content": "refers to both", "references": ["{{old}}", "{{own}}"] }""",
            $$"""{ "content": "refers to nothing", "entry_id": "{{bad}}", "references": ["{{own}}", "{{nowhere}}"] }""",
            $$"""{ "content": "a fragment of what failed", "fragment_of": "{{bad}}", "fragment_index": 0 }""",
            NotebookClient.Entry("the same id", id: own),
            """{ "content": "" }""",
            """{ "content": "c", "colour": "red" }""",
            NotebookClient.Entry("last"));

        var job = await EndAsync(accepted);

        Assert.Equal(("completed", 3, 5), (job["status"].GetString(), job["success_items"].GetInt32(), job["failed_items"].GetInt32()));
        var items = await ItemsAsync(accepted);
        Assert.Equal(
            ["success", "success", "FIELD_INVALID", "FIELD_INVALID", "UNIQUE_VIOLATION", "FIELD_INVALID", "FIELD_UNKNOWN", "success"],
            items.Select(item => item.GetProperty("error_code").GetString() ?? item.GetProperty("status").GetString()!));
        Assert.Equal(["c", "first", "refers to both", "last"], await ContentsAsync(id, "some content", "c"));
        Assert.Equal(4, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1", id));
    }

    [Fact]
    public async Task An_atomic_job_with_a_bad_entry_writes_nothing()
    {
        var id = await Client.CreateAsync();
        var accepted = await SubmitAsync(
            $$"""{ "notebook_id": "{{id}}", "atomic": true }""",
            NotebookClient.Entry(), NotebookClient.Entry(), $$"""{ "content": "c", "references": ["{{Guid.NewGuid()}}"] }""", NotebookClient.Entry());

        var job = await EndAsync(accepted);

        Assert.Equal((0, 1), (job["success_items"].GetInt32(), job["failed_items"].GetInt32()));
        Assert.Equal("FIELD_INVALID", (await ItemsAsync(accepted))[2].GetProperty("error_code").GetString());
        Assert.Equal((0L, 0L), (
            await service.ReadAsync<long>("SELECT current_sequence FROM batch.notebook WHERE id = $1", id),
            await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1", id)));
    }

    [Fact]
    public async Task One_worker_writes_a_job_in_order_so_that_each_entry_may_refer_to_the_one_before()
    {
        const int count = 2_500;
        var id = await Client.CreateAsync();
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray();
        var lines = string.Join('\n', ids.Select((entry, index) =>
            $$"""{ "entry_id": "{{entry}}", "content": "{{index}}", "references": [{{(index > 0 ? $"\"{ids[index - 1]}\"" : "")}}] }"""));
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        var response = await service.Client.PostAsync($"/batch/jobs?job_type=entries&notebook_id={id}", content);
        var accepted = new NotebookReply(response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()), response).Expect(202);

        // Others write at the same time: positions stay without gaps.
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Client.BatchAsync(id, NotebookClient.Entry(), NotebookClient.Entry())));
        Assert.All(others, other => other.Expect(201));
        var job = await EndAsync(accepted);

        Assert.Equal((count, 0), (job["success_items"].GetInt32(), job["failed_items"].GetInt32()));
        Assert.Equal(1, await service.ReadAsync<long>("SELECT count(*) FROM batch.job_part WHERE batch_job_id = $1", accepted["batch_job_id"].GetGuid()));
        Assert.Equal(ids, await service.ReadAllAsync<Guid>("SELECT id FROM batch.entry WHERE notebook_id = $1 AND id = ANY ($2) ORDER BY causal_position", id, ids));
        var positions = await service.ReadAllAsync<long>("SELECT causal_position FROM batch.entry WHERE notebook_id = $1 ORDER BY causal_position", id);
        Assert.Equal(Enumerable.Range(1, count + 40).Select(position => (long)position), positions);
        Assert.Equal(count + 40, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND job_type = 'DISTILL_CLAIMS'", id));
    }

    [Fact]
    public async Task Entries_fail_from_when_the_submitter_has_no_access_any_more()
    {
        const int count = 60;
        await service.RunAsync("""
            CREATE FUNCTION unshare() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN DELETE FROM batch.notebook_share WHERE notebook_id = NEW.notebook_id; RETURN NULL; END $$;
            CREATE TRIGGER unshare AFTER INSERT ON batch.entry FOR EACH ROW WHEN (NEW.content = 'unshare') EXECUTE FUNCTION unshare();
            """);
        var id = await Client.CreateAsync();
        await service.GiveAwayAsync(id, "read_write");

        var accepted = await SubmitAsync(
            $$"""{ "notebook_id": "{{id}}" }""", [.. Enumerable.Range(0, count).Select(index => NotebookClient.Entry(index == 2 ? "unshare" : "c"))]);
        var job = await EndAsync(accepted);

        var written = job["success_items"].GetInt32();
        Assert.InRange(written, 3, count - 1);
        var items = await ItemsAsync(accepted);
        Assert.All(items.Take(written), item => Assert.Equal("success", item.GetProperty("status").GetString()));
        Assert.All(items.Skip(written), item => Assert.Equal(
            ("NOT_FOUND", $"Notebook {id} not found"), (item.GetProperty("error_code").GetString(), item.GetProperty("error_message").GetString())));
        Assert.Equal(written, await service.ReadAsync<long>("SELECT count(*) FROM batch.entry WHERE notebook_id = $1", id));
    }

    [Fact]
    public async Task A_job_is_refused_when_its_options_are_wrong_or_its_items_no_JSON()
    {
        var id = await Client.CreateAsync();
        var foreign = await Client.CreateAsync();
        await service.GiveAwayAsync(foreign, null);

        Assert.Equal(["FIELD_MISSING /options/notebook_id"], (await OrderAsync("{}")).Expect(400).Problems);
        Assert.Equal(["FIELD_UNKNOWN /options/entity"], (await OrderAsync($$"""{ "notebook_id": "{{id}}", "entity": "x" }""")).Expect(400).Problems);
        Assert.Equal($"Notebook {foreign} not found", (await OrderAsync($$"""{ "notebook_id": "{{foreign}}" }""")).Expect(404).Error);
        using var csv = new StringContent("content\nabc\n", Encoding.UTF8, "text/csv");
        Assert.Equal(415, (int)(await service.Client.PostAsync($"/batch/jobs?job_type=entries&notebook_id={id}", csv)).StatusCode);

        Task<NotebookReply> OrderAsync(string options) => Client.PostAsync(
            "/batch/jobs", $$"""{ "job_type": "entries", "options": {{options}}, "items": [{{NotebookClient.Entry()}}] }""");
    }

    private Task<NotebookReply> LaterAsync(Guid notebook, string body) =>
        Client.SendAsync(HttpMethod.Post, $"/notebooks/{notebook}/batch", body, prefer: "respond-async");

    private async Task<NotebookReply> SubmitAsync(string options, params string[] entries) => (await Client.PostAsync(
        "/batch/jobs", $$"""{ "job_type": "entries", "options": {{options}}, "items": [{{string.Join(',', entries)}}] }""")).Expect(202);

    private async Task<NotebookReply> EndAsync(NotebookReply accepted)
    {
        while (true)
        {
            var job = (await Client.SendAsync(HttpMethod.Get, accepted.Message.Headers.Location!.ToString(), prefer: "wait=30")).Expect(200);
            if (job["status"].GetString() is not ("pending" or "processing"))
                return job;
        }
    }

    private async Task<IReadOnlyList<JsonElement>> ItemsAsync(NotebookReply accepted)
    {
        var page = (await Client.GetAsync($"{accepted.Message.Headers.Location}/items?limit=500")).Expect(200);
        var items = page.Body.ValueKind == JsonValueKind.Array ? page.Body : page["items"];
        return [.. items.EnumerateArray()];
    }

    private async Task<IEnumerable<string>> ContentsAsync(Guid notebook, string content, string name) =>
        (await service.ReadAllAsync<string>("SELECT content FROM batch.entry WHERE notebook_id = $1 ORDER BY causal_position", notebook))
        .Select(text => text == content ? name : text);
}
