namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Notebooks themselves, and who may do what with them.</summary>
public sealed class NotebookTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    /// <summary>A call, its body, and the least tier that may make it; the notebook's id is N, an entry's is E, a job's is J.</summary>
    public static TheoryData<string, string, string?, string> Calls => new()
    {
        { "GET", "/notebooks/N", null, "read" },
        { "GET", "/notebooks/N/entries/E", null, "read" },
        { "GET", "/notebooks/N/browse", null, "read" },
        { "GET", "/notebooks/N/search?query=word", null, "read" },
        { "GET", "/notebooks/N/observe?since=0", null, "read" },
        { "GET", "/notebooks/N/jobs/stats", null, "read" },
        { "GET", "/notebooks/N/jobs/next?worker_id=w1", null, "read_write" },
        { "POST", "/notebooks/N/batch", """{ "entries": [ { "content": "c" } ] }""", "read_write" },
        { "POST", "/notebooks/N/entries", """{ "content": "c" }""", "read_write" },
        { "PUT", "/notebooks/N/entries/E", """{ "content": "c" }""", "read_write" },
        { "POST", "/notebooks/N/entries/E/claims", """{ "claims": [ { "text": "t", "confidence": 1 } ], "author": "a" }""", "read_write" },
        { "POST", "/notebooks/N/jobs", """{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "E" } }""", "read_write" },
        { "POST", "/notebooks/N/jobs/J/complete", """{ "worker_id": "w0", "result": { "claims": [ { "text": "t", "confidence": 1 } ] } }""", "read_write" },
        { "POST", "/notebooks/N/jobs/J/fail", """{ "worker_id": "w0", "error": "e" }""", "read_write" },
        { "POST", "/notebooks/N/jobs/retry-failed", null, "read_write" },
        { "PATCH", "/notebooks/N", """{ "name": "n" }""", "admin" },
        { "POST", "/notebooks/N/share", """{ "subject": "ada", "tier": "read" }""", "admin" },
        { "DELETE", "/notebooks/N/share/dev", null, "admin" },
        { "DELETE", "/notebooks/N", null, "owner" },
    };

    [Fact]
    public async Task Creates_reads_renames_and_deletes_a_notebook()
    {
        var created = (await Client.PostAsync("/notebooks", """{ "name": "Field notes" }""")).Expect(201);
        var id = created["id"].GetGuid();

        Assert.Equal($"/notebooks/{id}", created.Message.Headers.Location!.ToString());
        Assert.Equal(("Field notes", "dev", 0), (created["name"].GetString(), created["owner"].GetString(), created["current_sequence"].GetInt32()));
        Assert.EndsWith("Z", created["created"].GetString(), StringComparison.Ordinal);
        Assert.Equal("Other", (await Client.SendAsync(HttpMethod.Patch, $"/notebooks/{id}", """{ "name": "Other" }""")).Expect(200)["name"].GetString());
        Assert.Equal("Other", (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["name"].GetString());

        await Client.AddAsync(id);
        Assert.Equal(1, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
        (await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}")).Expect(204);
        Assert.Equal($"Notebook {id} not found", (await Client.GetAsync($"/notebooks/{id}")).Expect(404).Error);
        Assert.Equal(0L, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1", id));
    }

    [Theory]
    [InlineData("{}", "FIELD_MISSING /name")]
    [InlineData("[]", "FIELD_INVALID")]
    [InlineData("""{ "name": "" }""", "FIELD_INVALID /name")]
    [InlineData("""{ "name": 1 }""", "FIELD_INVALID /name")]
    [InlineData("""{ "name": "n", "color": "red" }""", "FIELD_UNKNOWN /color")]
    public async Task Refuses_a_notebook_that_is_not_in_order(string body, string problem) =>
        Assert.Equal([problem], (await Client.PostAsync("/notebooks", body)).Expect(400).Problems);

    [Fact]
    public async Task Lists_own_and_shared_notebooks_newest_first_page_by_page()
    {
        var own = await Client.CreateAsync("own");
        var shared = await Client.CreateAsync("shared");
        var foreign = await Client.CreateAsync("foreign");
        var last = await Client.CreateAsync("last");
        await service.GiveAwayAsync(shared, "read");
        await service.GiveAwayAsync(foreign, tier: null);

        var listed = new List<(string Id, string Tier)>();
        string? cursor = null;
        do
        {
            var page = (await Client.GetAsync($"/notebooks?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            listed.AddRange(page.All("notebooks", "id").Zip(page.All("notebooks", "tier")));
            cursor = page["next_cursor"].GetString();
        }
        while (cursor is not null);

        Assert.Equal([($"{last}", "owner"), ($"{shared}", "read"), ($"{own}", "owner")], listed.Take(3));
        Assert.DoesNotContain(listed, notebook => notebook.Id == $"{foreign}");
        (await Client.GetAsync("/notebooks?cursor=bogus")).Expect(400);
        (await Client.GetAsync("/notebooks?colour=red")).Expect(400);
    }

    [Fact]
    public async Task Shares_with_a_tier_changes_it_and_takes_it_back()
    {
        var id = await Client.CreateAsync();
        var share = (await Client.PostAsync($"/notebooks/{id}/share", """{ "subject": "ada", "tier": "read" }""")).Expect(200);

        Assert.Equal(("ada", "read"), (share["subject"].GetString(), share["tier"].GetString()));
        (await Client.PostAsync($"/notebooks/{id}/share", """{ "subject": "ada", "tier": "admin" }""")).Expect(200);
        Assert.Equal("""{"ada":"admin"}""", (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["shares"].GetRawText());
        (await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}/share/ada")).Expect(204);
        (await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}/share/ada")).Expect(404);
        Assert.Equal(["FIELD_INVALID /tier"], (await Client.PostAsync($"/notebooks/{id}/share", """{ "subject": "ada", "tier": "owner" }""")).Expect(400).Problems);
        Assert.Equal(["FIELD_INVALID /subject"], (await Client.PostAsync($"/notebooks/{id}/share", """{ "subject": "dev", "tier": "read" }""")).Expect(400).Problems);
    }

    [Fact]
    public async Task Takes_a_share_back_whatever_its_subject_is()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);
        await using var process = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={database.ConnectionString}");
        using var http = new HttpClient { BaseAddress = process.Address };
        var client = new NotebookClient(http);
        var id = await client.CreateAsync();
        string[] subjects = ["https://id.example/u/1", "a/b", "a%2Fb", "a%2fb", "a%252Fb", "100%", "a+b", " a b ", "%20", "ü/日本", "😀", "a\\b?c#d", "..."];
        foreach (var subject in subjects)
        {
            var share = System.Text.Json.JsonSerializer.Serialize(new { subject, tier = "read" });
            (await client.PostAsync($"/notebooks/{id}/share", share)).Expect(200);
        }

        for (var left = subjects.Length; left > 0; left--)
        {
            (await client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}/share/{Uri.EscapeDataString(subjects[^left])}")).Expect(204);
            var shares = (await client.GetAsync($"/notebooks/{id}")).Expect(200)["shares"].EnumerateObject().Select(share => share.Name);
            Assert.Equal(subjects[^(left - 1)..].Where(_ => left > 1).Order(StringComparer.Ordinal), shares.Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task Refuses_to_share_with_what_an_address_cannot_name(string subject)
    {
        var id = await Client.CreateAsync();

        var reply = (await Client.PostAsync($"/notebooks/{id}/share", $$"""{ "subject": "{{subject}}", "tier": "read" }""")).Expect(400);

        Assert.Equal(["FIELD_INVALID /subject"], reply.Problems);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Answers_404_to_who_has_no_access_and_never_403(string method, string path, string? body, string needed)
    {
        string?[] tiers = [null, "read", "read_write", "admin"];
        foreach (var tier in tiers)
        {
            var (id, entry, job) = await PrepareAsync();
            await service.GiveAwayAsync(id, tier);
            string Fill(string text) => text.Replace("N", $"{id}", StringComparison.Ordinal).Replace("E", $"{entry}", StringComparison.Ordinal).Replace("J", $"{job}", StringComparison.Ordinal);
            var reply = await Client.SendAsync(
                new HttpMethod(method), Fill(path), body?.Replace("\"E\"", $"\"{entry}\"", StringComparison.Ordinal));

            if (Array.IndexOf(tiers, tier) >= Array.IndexOf([.. tiers, "owner"], needed))
                Assert.True((int)reply.Status is >= 200 and < 300, $"{tier}: {reply.Status} {reply.Body}");
            else
                Assert.Equal($"Notebook {id} not found", reply.Expect(404).Error);
        }
    }

    [Fact]
    public async Task Answers_404_to_ids_that_are_no_UUIDs()
    {
        var id = await Client.CreateAsync();
        foreach (var path in (string[])["/notebooks/x", "/notebooks/x/browse", $"/notebooks/{id}/entries/1", $"/notebooks/{id:N}", "/notebooks/x/jobs/next?worker_id=w"])
            (await Client.GetAsync(path)).Expect(404);
        (await Client.PostAsync("/notebooks/x/batch", """{ "entries": [ { "content": "c" } ] }""")).Expect(404);
        (await Client.PostAsync($"/notebooks/{id}/jobs/y/fail", """{ "worker_id": "w", "error": "e" }""")).Expect(404);
    }

    private async Task<(Guid Notebook, Guid Entry, Guid Job)> PrepareAsync()
    {
        var id = await Client.CreateAsync();
        var first = await Client.AddAsync(id, "a word");
        var job = (await Client.NextAsync(id, "w0")).Expect(200)["id"].GetGuid();
        await Client.AddAsync(id, "another word");
        return (id, first, job);
    }
}
