using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>Many devices at once, synchronously and as jobs.</summary>
public class DeviceBatchTests(DevicesFixture service) : IClassFixture<DevicesFixture>
{
    private const string Path = "/devices/enroll/batch";

    [Fact]
    public async Task Enrols_each_device_for_itself()
    {
        var known = Unique();
        await service.Client.EnrollAsync(known);
        var (first, last) = (Unique(), Unique());
        var answer = await service.Client.SendAsync(Path, new { items = new[] { Device(first), Device(known), new { device_id = "x" }, Device(last) } });
        Assert.Equal(207, answer.Status);
        Assert.Equal("success committed total success_count failure_count skipped_count success_rate results errors", answer.Names);
        Assert.Equal("completed failed failed completed", answer.Statuses);
        Assert.Equal((4, 2, 2, 50.0), (Number("total"), Number("success_count"), Number("failure_count"), Number("success_rate")));
        Assert.Equal("PERMISSION_DENIED FIELD_MISSING", $"{Code(1)} {Code(2)}");
        Assert.Equal("/items/1/current_token", answer.Results[1].GetProperty("pointer").GetString());
        Assert.Equal(["1", "2"], answer.Body.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.Equal(last, answer.Results[3].GetProperty("data").GetProperty("device_id").GetString());
        Assert.Equal(("2", "2"), (Assert.Single(answer.Headers.GetValues("Batch-Succeeded")), Assert.Single(answer.Headers.GetValues("Batch-Failed"))));
        Assert.Equal(200, (await service.Client.ReadAsync($"/devices/{first}")).Status);

        double Number(string name) => answer.Body.GetProperty(name).GetDouble();
        string? Code(int index) => answer.Results[index].GetProperty("code").GetString();
    }

    [Fact]
    public async Task Takes_a_device_that_comes_again_as_one_that_was_sent_after()
    {
        var (id, other) = (Unique(), Unique());
        var answer = await service.Client.SendAsync(Path, new { items = new[] { Device(id), Device(other), Device(id) } });
        Assert.Equal("completed completed failed", answer.Statuses);
        Assert.Equal("PERMISSION_DENIED", answer.Results[2].GetProperty("code").GetString());
        var token = answer.Results[0].GetProperty("data").GetProperty("token").GetString();
        Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll", Device(id, token))).Status);
    }

    [Fact]
    public async Task Stops_at_the_first_failure_when_asked()
    {
        var known = Unique();
        await service.Client.EnrollAsync(known);
        var ids = Enumerable.Range(0, 3).Select(_ => Unique()).ToList();
        var answer = await service.Client.SendAsync(
            Path,
            new { items = new[] { Device(ids[0]), Device(ids[1]), Device(known), Device(ids[2]) }, options = new { continueOnError = false } });
        Assert.Equal((207, "completed completed failed not_executed"), (answer.Status, answer.Statuses));
        Assert.Equal(200, (await service.Client.ReadAsync($"/devices/{ids[1]}")).Status);
        Assert.Equal(404, (await service.Client.ReadAsync($"/devices/{ids[2]}")).Status);
    }

    [Fact]
    public async Task Enrols_all_or_none_when_asked()
    {
        var (known, id) = (Unique(), Unique());
        await service.Client.EnrollAsync(known);
        var answer = await service.Client.SendAsync(Path, new { items = new[] { Device(id), Device(known) }, options = new { atomic = true } });
        Assert.Equal((403, "rolled_back failed", "PERMISSION_DENIED"), (answer.Status, answer.Statuses, answer.Code));
        Assert.Equal(404, (await service.Client.ReadAsync($"/devices/{id}")).Status);
        Assert.DoesNotContain("bsd_", answer.Body.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("execute")]
    [InlineData("static")]
    public async Task Writes_nothing_in_a_dry_run(string kind)
    {
        var id = Unique();
        var answer = await service.Client.SendAsync(Path, new { items = new[] { Device(id) }, options = new { validateOnly = kind } });
        Assert.Equal((200, "completed", false), (answer.Status, answer.Statuses, answer.Body.GetProperty("committed").GetBoolean()));
        Assert.Equal(404, (await service.Client.ReadAsync($"/devices/{id}")).Status);
    }

    [Theory]
    [InlineData("""{"items":[]}""", "BATCH_EMPTY")]
    [InlineData("""{}""", "FIELD_MISSING")]
    [InlineData("""{"items":{}}""", "FIELD_INVALID")]
    [InlineData("""{"items":[{}],"optoins":{}}""", "FIELD_UNKNOWN")]
    [InlineData("""{"items":[{}],"options":{"atomik":true}}""", "FIELD_UNKNOWN")]
    [InlineData("""{"items":[{}],"options":{"return":"minimal"}}""", "FIELD_INVALID")]
    public async Task Refuses_a_batch_that_is_wrong_as_a_whole(string body, string code)
    {
        var answer = await service.Client.SendAsync(Path, body);
        Assert.Equal((400, code), (answer.Status, answer.Body.GetProperty("errors")[0].GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Refuses_to_leave_out_what_is_told_only_once()
    {
        var id = Unique();
        Assert.Equal(400, (await service.Client.SendAsync(Path, new { items = new[] { Device(id) } }, ("Prefer", "return=minimal"))).Status);
        Assert.Equal(404, (await service.Client.ReadAsync($"/devices/{id}")).Status);
    }

    [Fact]
    public async Task Gives_the_same_tokens_again_for_the_same_idempotency_key()
    {
        var body = new { items = new[] { Device(Unique()), Device(Unique()) } };
        var key = Unique("key");
        var first = await service.Client.SendAsync(Path, body, ("Idempotency-Key", key));
        var replay = await service.Client.SendAsync(Path, body, ("Idempotency-Key", key));
        Assert.Equal((200, first.Body.GetRawText()), (replay.Status, replay.Body.GetRawText()));
    }

    [Fact]
    public async Task Enrols_thousands_and_finds_the_known_ones_among_them()
    {
        var prefix = Unique();
        await service.Client.EnrollAsync($"{prefix}-7");
        await service.Client.EnrollAsync($"{prefix}-1999");
        var answer = await service.Client.SendAsync(Path, new { items = Enumerable.Range(0, 2_500).Select(number => Device($"{prefix}-{number}")) });
        Assert.Equal(207, answer.Status);
        Assert.Equal([7, 1999], answer.Results.Where(result => result.GetProperty("status").GetString() == "failed").Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(2_500L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.device WHERE device_id LIKE '{prefix}-%'"));
    }

    [Fact]
    public async Task Runs_as_a_job_when_asked()
    {
        var (known, id) = (Unique(), Unique());
        await service.Client.EnrollAsync(known);
        var accepted = await service.Client.SendAsync(Path, new { items = new[] { Device(id), Device(known) } }, ("Prefer", "respond-async"));
        var job = await service.Client.FinishAsync(accepted);
        Assert.Equal(("completed", 1, 1), (job.GetProperty("status").GetString(), job.GetProperty("success_items").GetInt32(), job.GetProperty("failed_items").GetInt32()));
        Assert.Equal("enrollment", job.GetProperty("job_type").GetString());
        var items = await service.Client.ReadAsync($"{accepted.Headers.Location}/items");
        var token = items.Body[0].GetProperty("output_data").GetProperty("token").GetString();
        Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll", Device(id, token))).Status);
        Assert.Equal("PERMISSION_DENIED", items.Body[1].GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task Runs_as_a_job_by_its_type_and_keeps_its_options()
    {
        var (known, id) = (Unique(), Unique());
        await service.Client.EnrollAsync(known);
        var accepted = await service.Client.SendAsync(
            "/batch/jobs", new { job_type = "enrollment", items = new[] { Device(id), Device(known) }, options = new { atomic = true } });
        var job = await service.Client.FinishAsync(accepted);
        Assert.Equal(0, job.GetProperty("success_items").GetInt32());
        Assert.Equal(404, (await service.Client.ReadAsync($"/devices/{id}")).Status);
    }

    [Fact]
    public async Task Runs_as_a_job_from_CSV()
    {
        var (known, id) = (Unique(), Unique());
        var token = await service.Client.EnrollAsync(known);
        using var csv = new StringContent(
            $"device_id,public_key,platform,app_version,current_token,force\n{id},{Key},ios,1.0,,\n{known},{Key},ios,,{token},true\n");
        csv.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("text/csv");
        using var response = await service.Client.PostAsync("/batch/jobs?job_type=enrollment", csv);
        var path = response.Headers.Location!.OriginalString;
        await UntilAsync(async () => (await service.Client.ReadAsync(path, "wait=20")).Text("status") == "completed");
        Assert.Equal(2, (await service.Client.ReadAsync(path)).Body.GetProperty("success_items").GetInt32());
        Assert.Equal("1.0", (await service.Client.ReadAsync($"/devices/{id}")).Text("app_version"));
        Assert.Equal(403, (await service.Client.SendAsync("/devices/enroll", Device(known, token))).Status);
    }

    [Fact]
    public async Task A_failed_csv_imports_again_as_it_is_when_the_cause_is_gone()
    {
        var (known, late) = (Unique(), Unique());
        await service.Client.EnrollAsync(known);
        var enrollments = await FailedCsvAsync("enrollment", Device(known, force: false), Device(known, token: "bsd_x", force: true));
        await service.ExecuteAsync($"DELETE FROM batch.device WHERE device_id = '{known}'");
        Assert.Equal("success failed:PERMISSION_DENIED", await ImportAsync("enrollment", enrollments));

        const string Place = "a, \"b\" \\D é 😀";
        var geo = new { lat = 48.5, place = Place, more = new { accuracy = new[] { 1, 2 } } };
        var proofs = await FailedCsvAsync(
            "proof_lock",
            new { device_id = late, device_pubkey = Key, asset_hash = UniqueHash(), capture_time_utc = "2026-01-31T12:00:00Z", geo },
            Proof(late));
        await service.Client.EnrollAsync(late);
        Assert.Equal("success success", await ImportAsync("proof_lock", proofs));
        Assert.Equal(Place, await service.ReadAsync<string>($"SELECT geo ->> 'place' FROM batch.proof WHERE device_id = '{late}' AND geo IS NOT NULL"));

        var questions = await FailedCsvAsync("query", new { record_id = "x" }, new { content_hash = "sha256:0" });
        Assert.Equal("failed:FIELD_INVALID failed:FIELD_INVALID", await ImportAsync("query", questions));
        Assert.StartsWith("record_id,content_hash,", questions, StringComparison.Ordinal);
    }

    private async Task<string> FailedCsvAsync(string type, params object[] items)
    {
        var accepted = await service.Client.SendAsync("/batch/jobs", new { job_type = type, items });
        var job = await service.Client.FinishAsync(accepted);
        Assert.Equal(items.Length, job.GetProperty("failed_items").GetInt32());
        return await service.Client.GetStringAsync($"{accepted.Headers.Location}/results?format=csv&status=failed");
    }

    /// <summary>Sends a CSV as a job, and gives what became of its items.</summary>
    private async Task<string> ImportAsync(string type, string csv)
    {
        using var body = new StringContent(csv);
        body.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("text/csv");
        using var response = await service.Client.PostAsync($"/batch/jobs?job_type={type}", body);
        var path = response.Headers.Location!.OriginalString;
        await UntilAsync(async () => (await service.Client.ReadAsync(path, "wait=20")).Text("status") == "completed");
        var items = await service.Client.ReadAsync($"{path}/items");
        return string.Join(' ', items.Body.EnumerateArray().Select(item =>
            item.GetProperty("status").GetString() + (item.GetProperty("error_code").GetString() is { } code ? $":{code}" : "")));
    }

    [Theory]
    [InlineData("""{"job_type":"enrollment","items":[{}],"options":{"validateOnly":"execute"}}""")]
    [InlineData("""{"job_type":"proof_lock","items":[{}],"options":{"entity":"x"}}""")]
    [InlineData("""{"job_type":"query","items":[]}""")]
    public async Task Refuses_a_job_that_is_wrong_as_a_whole(string body) =>
        Assert.Equal(400, (await service.Client.SendAsync("/batch/jobs", body)).Status);
}
