using System.Globalization;
using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

public sealed class JobsSubmitTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly object[] s_two = [new { text = "a" }, new { text = "b" }];

    [Fact]
    public async Task Accepts_a_job_with_202_its_id_and_the_place_to_watch_it()
    {
        var caller = fixture.NewCaller();
        var answer = await caller.SubmitAsync(JobsCaller.Rows("word", s_two));

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal(["batch_job_id", "status", "total_items"], answer.Root.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("pending", 2), (answer.Root.Text("status"), answer.Root.Number("total_items")));
        var id = answer.Root.GetProperty("batch_job_id").GetString()!;
        Assert.Equal($"/batch/jobs/{id}", answer.Header("Location"));
        Assert.Equal('7', id[14]);
        Assert.Equal("completed", (await caller.EndAsync(id)).Text("status"));
    }

    [Fact]
    public async Task Takes_lines_and_csv_with_the_options_in_the_query_string()
    {
        var caller = fixture.NewCaller();
        const string Rows = "/batch/jobs?job_type=rows&entity=item&action=create";
        var lines = JobsCaller.IdOf(await caller.PostAsync(Rows, "{\"code\":\"nd-1\"}\n{\"code\":\"nd-2\",\"note\":null}\n", RowsClient.Ndjson));
        var csv = JobsCaller.IdOf(await caller.PostAsync(Rows, "code,quantity,note\r\ncsv-1,5,\r\ncsv-2,6,\"\"\r\ncsv-3,7,\"a \"\"b\"\"\r\nc\"\r\n", RowsClient.Csv));
        await caller.EndAsync(lines);
        await caller.EndAsync(csv);

        Assert.Equal("success success", await caller.OutcomesAsync(lines));
        Assert.Equal("success success success", await caller.OutcomesAsync(csv));
        Assert.Equal(2, await fixture.NumberAsync("SELECT count(*) FROM item WHERE code IN ('nd-2', 'csv-1') AND note IS NULL"));
        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM item WHERE code = 'csv-2' AND note = '' AND quantity = 6"));
        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM item WHERE code = 'csv-3' AND note = E'a \"b\"\\r\\nc'"));
        var inputs = (await caller.ItemsAsync(csv)).Select(item => item.GetProperty("input_data").GetRawText());
        Assert.Equal("""{"code":"csv-1","quantity":"5","note":null}""", inputs.First());
    }

    [Fact]
    public async Task Takes_the_options_of_an_upsert_and_of_attestations_in_the_query_string()
    {
        var caller = fixture.NewCaller();
        var upsert = JobsCaller.IdOf(await caller.PostAsync(
            "/batch/jobs?job_type=rows&entity=item&action=upsert&on_conflict=code&on_conflict_action=ignore", "{\"code\":\"up\"}\n{\"code\":\"up2\"}\n", RowsClient.Ndjson));
        var attestations = JobsCaller.IdOf(await caller.PostAsync(
            "/batch/jobs?job_type=attestations&mode=atomic&chunk_size=5", "{\"subjects\":[\"s\"]}\n", RowsClient.Ndjson));
        await caller.EndAsync(upsert);
        await caller.EndAsync(attestations);

        Assert.Equal("success success", await caller.OutcomesAsync(upsert));
        Assert.Equal("success", await caller.OutcomesAsync(attestations));
    }

    [Theory]
    [InlineData("""{"job_type":"nonsense","items":[{}]}""", "FIELD_INVALID", "/job_type")]
    [InlineData("""{"job_type":"","items":[{}]}""", "FIELD_INVALID", "/job_type")]
    [InlineData("""{"job_type":7,"items":[{}]}""", "FIELD_INVALID", "/job_type")]
    [InlineData("""{"items":[{}]}""", "FIELD_MISSING", "/job_type")]
    [InlineData("""{"job_type":"attestations"}""", "FIELD_MISSING", "/items")]
    [InlineData("""{"job_type":"attestations","items":{}}""", "FIELD_INVALID", "/items")]
    [InlineData("""{"job_type":"attestations","items":[]}""", "BATCH_EMPTY", "/items")]
    [InlineData("""{"job_type":"attestations","items":[{}],"extra":1}""", "FIELD_UNKNOWN", "/extra")]
    [InlineData("""{"job_type":"attestations","items":[{}],"options":{"extra":1}}""", "FIELD_UNKNOWN", "/options/extra")]
    [InlineData("""{"job_type":"attestations","items":[{}],"metadata":[]}""", "FIELD_INVALID", "/metadata")]
    [InlineData("""{"job_type":"attestations","items":[{}],"callback_url":"http://example.org/x"}""", "FIELD_INVALID", "/callback_url")]
    [InlineData("""{"job_type":"rows","items":[{}]}""", "FIELD_MISSING", "/options/entity")]
    [InlineData("""{"job_type":"rows","items":[{}],"options":{"entity":"word"}}""", "FIELD_MISSING", "/options/action")]
    [InlineData("""{"job_type":"rows","items":[{}],"options":{"entity":"word","action":"drop"}}""", "FIELD_INVALID", "/options/action")]
    [InlineData("""{"job_type":"rows","items":[{}],"options":{"entity":"word","action":"create","validateOnly":"static"}}""", "FIELD_INVALID", "/options/validateOnly")]
    [InlineData("""{"job_type":"operations","items":[{"entity":"node","action":"create","depends_on":["ghost"]}]}""", "DEPENDENCY_UNKNOWN", "/items/0/depends_on/0")]
    [InlineData("""{"job_type":"operations","items":[{"entity":"node"}]}""", "FIELD_MISSING", "/items/0/action")]
    public async Task Refuses_with_400_what_is_wrong_with_the_job_as_a_whole(string body, string code, string place)
    {
        var caller = fixture.NewCaller();
        var answer = await caller.PostAsync("/batch/jobs", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Code));
        Assert.Contains(place, answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")));
        Assert.Equal(0, (await caller.GetAsync("/batch/jobs")).Root.GetProperty("jobs").GetArrayLength());
    }

    [Fact]
    public async Task Refuses_an_unknown_entity_with_404()
    {
        var answer = await fixture.NewCaller().SubmitAsync(JobsCaller.Rows("ghost", s_two));

        Assert.Equal((HttpStatusCode.NotFound, "ENTITY_UNKNOWN"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Refuses_a_reference_that_can_never_be_before_anything_runs()
    {
        var caller = fixture.NewCaller();
        var answer = await caller.SubmitAsync(new
        {
            job_type = "operations",
            items = new object[]
            {
                new { id = "a", entity = "node", action = "create", store_params = new { name = "never-1" } },
                new { id = "b", entity = "node", action = "create", store_params = new { name = "never-2", parent_id = "$ref:a.no_such_column" } },
            },
        });

        Assert.Equal((HttpStatusCode.BadRequest, "REFERENCE_UNKNOWN"), (answer.Status, answer.Code));
        Assert.Equal("/items/1/store_params/parent_id", answer.Root.GetProperty("errors")[0].Text("pointer"));
        Assert.Equal(0, await fixture.NumberAsync("SELECT count(*) FROM node WHERE name LIKE 'never-%'"));
    }

    [Theory]
    [InlineData("attestations", "{\"subjects\":[\"a\"]}\n{bad\n{\"subjects\":[\"b\"]}\n{\"x\":1,\"x\":2}\n")]
    [InlineData("operations", "{\"entity\":\"node\",\"action\":\"create\"}\n{bad\n{\"entity\":\"node\",\"action\":\"create\",\"depends_on\":[\"op_0\"]}\n{\"x\":1,\"x\":2}\n")]
    public async Task Refuses_malformed_lines_with_their_indexes_all_at_once(string type, string lines)
    {
        var caller = fixture.NewCaller();
        var answer = await caller.PostAsync($"/batch/jobs?job_type={type}", lines, RowsClient.Ndjson);

        Assert.Equal((HttpStatusCode.BadRequest, "MALFORMED_JSON"), (answer.Status, answer.Code));
        var errors = answer.Root.GetProperty("errors").EnumerateArray().ToList();
        Assert.Equal([1, 3], errors.Select(error => error.Number("index")));
        Assert.All(errors, error => Assert.StartsWith($"/items/{error.Number("index")}", error.Text("pointer"), StringComparison.Ordinal));
        Assert.Equal(0, await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE caller = '{caller.User}'"));
    }

    [Fact]
    public async Task Refuses_more_operations_than_can_be_looked_at_together()
    {
        var lines = string.Concat(Enumerable.Repeat("{\"entity\":\"word\",\"action\":\"read\"}\n", 100_001));
        var answer = await fixture.NewCaller().PostAsync("/batch/jobs?job_type=operations", lines, RowsClient.Ndjson);

        Assert.Equal((400, "BATCH_TOO_LARGE"), ((int)answer.Status, answer.Code));
        Assert.Equal("/items", Assert.Single(answer.Root.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    [Fact]
    public async Task Refuses_a_csv_record_with_too_few_fields_by_its_index()
    {
        var answer = await fixture.NewCaller().PostAsync(
            "/batch/jobs?job_type=rows&entity=item&action=create", "code,note\na,b\nc\n", RowsClient.Csv);

        Assert.Equal((422, "VALIDATION_FAILED"), ((int)answer.Status, answer.Code));
        Assert.Equal(1, answer.Root.GetProperty("errors")[0].Number("index"));
    }

    [Theory]
    [InlineData("job_type=rows&entity=item&action=create", "", 400, "MALFORMED_JSON")]
    [InlineData("job_type=rows&entity=item&action=create", "code\n", 400, "BATCH_EMPTY")]
    [InlineData("job_type=rows&entity=item&action=create", "codex\na\n", 422, "COLUMN_UNKNOWN")]
    [InlineData("entity=item&action=create", "code\na\n", 400, "FIELD_MISSING")]
    [InlineData("job_type=&entity=item&action=create", "code\na\n", 400, "FIELD_INVALID")]
    [InlineData("job_type=attestations", "subjects\na\n", 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("job_type=operations", "entity\na\n", 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("job_type=rows&entity=item&action=create&surprise=1", "code\na\n", 400, "FIELD_UNKNOWN")]
    public async Task Refuses_a_csv_that_cannot_be_a_job(string query, string body, int status, string code)
    {
        var answer = await fixture.NewCaller().PostAsync($"/batch/jobs?{query}", body, RowsClient.Csv);

        Assert.Equal((status, code), ((int)answer.Status, answer.Code));
    }

    [Fact]
    public async Task Keeps_the_metadata_as_it_came_and_nothing_else_in_its_place()
    {
        var caller = fixture.NewCaller();
        var id = await caller.AcceptedAsync(new
        {
            job_type = "rows",
            items = s_two,
            options = new { entity = "word", action = "create" },
            metadata = new { b = 1, a = new object?[] { null, true, "x" } },
        });
        var plain = await caller.RanAsync(JobsCaller.Rows("word", s_two));

        Assert.True(JsonElement.DeepEquals(
            JsonElement.Parse("""{"b":1,"a":[null,true,"x"]}"""), (await caller.EndAsync(id)).GetProperty("metadata")));
        Assert.Equal(JsonValueKind.Null, (await caller.StatusAsync(plain)).GetProperty("metadata").ValueKind);
    }

    [Theory]
    [InlineData(RowsClient.Csv, "text\nmeta-csv\n")]
    [InlineData(RowsClient.Ndjson, """{"text":"meta-lines"}""")]
    public async Task Takes_the_metadata_of_a_stream_from_the_query_string(string kind, string body)
    {
        var caller = fixture.NewCaller();
        var answer = await caller.PostAsync(Path("""{"b":1,"a":[null,true,"x"]}"""), body, kind);

        Assert.True(JsonElement.DeepEquals(
            JsonElement.Parse("""{"b":1,"a":[null,true,"x"]}"""), (await caller.EndAsync(JobsCaller.IdOf(answer))).GetProperty("metadata")));
        foreach (var bad in new[] { "", "nonsense", "[]", "7", """{"a":1,"a":2}""", $$"""{"a":"{{new string('x', 17_000)}}"}""" })
        {
            var refused = await caller.PostAsync(Path(bad), body, kind);
            Assert.Equal((400, "FIELD_INVALID"), ((int)refused.Status, refused.Code));
            Assert.Contains("'metadata'", refused.Text, StringComparison.Ordinal);
        }

        static string Path(string metadata) => $"/batch/jobs?job_type=rows&entity=word&action=create&metadata={Uri.EscapeDataString(metadata)}";
    }

    [Fact]
    public async Task Makes_one_job_of_many_requests_with_one_key()
    {
        var caller = fixture.NewCaller();
        var job = JobsCaller.Rows("word", [new { text = "once" }]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => caller.SubmitAsync(job, ("Idempotency-Key", "k-1"))));
        var replay = await caller.SubmitAsync(job, ("Idempotency-Key", "k-1"));
        var other = await caller.SubmitAsync(JobsCaller.Rows("word", [new { text = "other" }]), ("Idempotency-Key", "k-1"));

        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Accepted or HttpStatusCode.Conflict, answer.Text));
        var ids = answers.Append(replay).Where(answer => answer.Status == HttpStatusCode.Accepted).Select(JobsCaller.IdOf).Distinct();
        var id = Assert.Single(ids);
        Assert.Equal("true", replay.Header("Idempotent-Replayed"));
        Assert.Equal($"/batch/jobs/{id}", replay.Header("Location"));
        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), ((int)other.Status, other.Code));
        await caller.EndAsync(id);
        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM word WHERE text = 'once'"));
        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE caller = '{caller.User}'"));
    }

    [Fact]
    public async Task Refuses_the_sixth_unfinished_job_of_a_caller_under_twenty_parallel_submissions()
    {
        const int Gate = 101;
        var caller = fixture.NewCaller();
        await using var gate = await fixture.ShutAsync(Gate);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            caller.SubmitAsync(JobsCaller.Rows("gated", [new { gated_id = 1_000 + number, gate = Gate }]))));
        var refused = answers.Where(answer => answer.Status != HttpStatusCode.Accepted).ToList();

        Assert.Equal(15, refused.Count);
        Assert.All(refused, answer => Assert.Equal((429, "JOB_QUOTA_EXCEEDED"), ((int)answer.Status, answer.Code)));
        Assert.All(refused, answer => Assert.True(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture) > 0));
        Assert.Equal(HttpStatusCode.Accepted, (await fixture.NewCaller().SubmitAsync(JobsCaller.Rows("word", s_two))).Status);
        await gate.OpenAsync();
        foreach (var accepted in answers.Except(refused))
        {
            await caller.EndAsync(JobsCaller.IdOf(accepted));
        }

        Assert.Equal(5, await fixture.NumberAsync("SELECT count(*) FROM gated WHERE gated_id >= 1000"));
        Assert.Equal(HttpStatusCode.Accepted, (await caller.SubmitAsync(JobsCaller.Rows("word", s_two))).Status);
    }
}
