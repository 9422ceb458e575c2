using System.Text.Json;
using BatchService.Devices;
using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>Proofs and questions, one and many, synchronously and as jobs. The examples of the OpenAPI document run as they are.</summary>
public class ProofTests(DevicesFixture service) : IClassFixture<DevicesFixture>
{
    [Fact]
    public async Task Locks_a_signed_proof_and_shows_it()
    {
        await EnrollExampleAsync();
        var answer = await service.Client.SendAsync("/proofs/lock", DeviceExamples.Lock);
        Assert.Equal((201, "LOCKED", "record_id status shortcode locked_at"), (answer.Status, answer.Text("status"), answer.Names));
        Assert.Equal($"/proofs/{answer.Text("record_id")}", answer.Headers.Location!.OriginalString);
        Assert.Matches("^[34679CDFGHJKLMNPQRTVWXY]{10}$", answer.Text("shortcode")!);
        var proof = await service.Client.ReadAsync(answer.Headers.Location.OriginalString);
        Assert.Equal(
            "record_id status shortcode device_id device_pubkey asset_hash capture_time_utc geo signature signed_text locked_at "
            + "batch_id merkle_root sealed_at inclusion_path",
            proof.Names);
        var sent = JsonElement.Parse(DeviceExamples.Lock);
        foreach (var name in (string[])["device_id", "device_pubkey", "asset_hash", "capture_time_utc", "signature"])
            Assert.Equal(sent.GetProperty(name).GetString(), proof.Text(name));
        foreach (var name in (string[])["record_id", "status", "shortcode", "locked_at"])
            Assert.Equal(answer.Text(name), proof.Text(name));
        Assert.Equal(13.405, proof.Body.GetProperty("geo").GetProperty("lon").GetDouble());
        foreach (var name in (string[])["batch_id", "merkle_root", "sealed_at", "inclusion_path"])
            Assert.Equal(JsonValueKind.Null, proof.Body.GetProperty(name).ValueKind);
    }

    [Fact]
    public async Task Refuses_a_proof_of_a_device_that_is_not_enrolled()
    {
        var answer = await service.Client.SendAsync("/proofs/lock", Proof(Unique()));
        Assert.Equal((404, "NOT_FOUND"), (answer.Status, answer.Code));
        Assert.Equal("/device_id", answer.Body.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task Refuses_a_proof_with_another_key_than_the_device_s()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var answer = await service.Client.SendAsync("/proofs/lock", Proof(id, key: OtherKey));
        Assert.Equal((403, "PERMISSION_DENIED"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Refuses_a_signature_of_something_else()
    {
        await EnrollExampleAsync();
        var answer = await service.Client.SendAsync("/proofs/lock", DeviceExamples.Lock.Replace("12:00:00Z", "12:00:01Z", StringComparison.Ordinal));
        Assert.Equal((422, "VALIDATION_FAILED"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Locks_the_same_content_again_as_a_second_proof()
    {
        var (id, hash) = (Unique(), UniqueHash());
        await service.Client.EnrollAsync(id);
        var first = await service.Client.SendAsync("/proofs/lock", Proof(id, hash));
        var second = await service.Client.SendAsync("/proofs/lock", Proof(id, hash));
        Assert.NotEqual(first.Text("record_id"), second.Text("record_id"));
        Assert.NotEqual(first.Text("shortcode"), second.Text("shortcode"));
    }

    [Fact]
    public async Task Locks_once_for_one_idempotency_key()
    {
        var (id, hash, key) = (Unique(), UniqueHash(), Unique("key"));
        await service.Client.EnrollAsync(id);
        var first = await service.Client.SendAsync("/proofs/lock", Proof(id, hash), ("Idempotency-Key", key));
        var replay = await service.Client.SendAsync("/proofs/lock", Proof(id, hash), ("Idempotency-Key", key));
        Assert.Equal((201, first.Body.GetRawText(), first.Headers.Location), (replay.Status, replay.Body.GetRawText(), replay.Headers.Location));
        Assert.Equal(1L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.proof WHERE device_id = '{id}'"));
    }

    [Fact]
    public async Task Locks_each_proof_of_a_batch_for_itself()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        object[] items = [Proof(id), Proof(Unique()), Proof(id, key: OtherKey), Proof(id, "sha256:no"), Proof(id)];
        var answer = await service.Client.SendAsync("/proofs/lock/batch", new { items });
        Assert.Equal((207, "completed failed failed failed completed"), (answer.Status, answer.Statuses));
        Assert.Equal(
            ["NOT_FOUND", "PERMISSION_DENIED", "FIELD_INVALID"], answer.Results.Skip(1).Take(3).Select(result => result.GetProperty("code").GetString()));
        Assert.Equal("/items/2/device_pubkey", answer.Results[2].GetProperty("pointer").GetString());
        Assert.Equal(2L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.proof WHERE device_id = '{id}'"));
        Assert.Equal(200, (await service.Client.SendAsync("/proofs/lock/batch", new { items = new[] { Proof(id) } }, ("Prefer", "return=minimal"))).Status);
    }

    [Fact]
    public async Task Locks_all_or_none_when_asked()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var answer = await service.Client.SendAsync("/proofs/lock/batch", new { items = new[] { Proof(id), Proof(Unique()) }, options = new { atomic = true } });
        Assert.Equal((404, "rolled_back failed"), (answer.Status, answer.Statuses));
        Assert.Equal(0L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.proof WHERE device_id = '{id}'"));
    }

    [Fact]
    public async Task Locks_as_a_job()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var items = Enumerable.Range(0, 2_100).Select(number => number == 1_500 ? Proof(Unique()) : Proof(id)).ToList();
        var accepted = await service.Client.SendAsync("/proofs/lock/batch", new { items }, ("Prefer", "respond-async"));
        var job = await service.Client.FinishAsync(accepted);
        Assert.Equal(("proof_lock", 2_099, 1), (job.GetProperty("job_type").GetString(), job.GetProperty("success_items").GetInt32(), job.GetProperty("failed_items").GetInt32()));
        Assert.Equal(2_099L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.proof WHERE device_id = '{id}'"));
        var failed = await service.Client.ReadAsync($"{accepted.Headers.Location}/items?status=failed");
        Assert.Equal((1_500, "NOT_FOUND"), (failed.Body[0].GetProperty("item_index").GetInt32(), failed.Body[0].GetProperty("error_code").GetString()));
    }

    [Fact]
    public async Task Says_what_is_known_and_takes_nothing_known_as_a_success()
    {
        var (id, hash) = (Unique(), UniqueHash());
        await service.Client.EnrollAsync(id);
        var first = await service.Client.SendAsync("/proofs/lock", Proof(id, hash));
        var second = await service.Client.SendAsync("/proofs/lock", Proof(id, hash));
        object[] items =
        [
            new { content_hash = hash.ToUpperInvariant().Replace("SHA256", "sha256", StringComparison.Ordinal) },
            new { record_id = second.Text("record_id") },
            new { device_id = id },
            new { content_hash = UniqueHash() },
            new { record_id = Guid.NewGuid() },
            new { device_id = "nobody" },
        ];
        var answer = await service.Client.SendAsync("/proofs/query/batch", new { items });
        Assert.Equal((200, "completed completed completed completed completed completed"), (answer.Status, answer.Statuses));
        var data = answer.Results.Select(result => result.GetProperty("data")).ToList();
        Assert.Equal([true, true, true, false, false, false], data.Select(found => found.GetProperty("found").GetBoolean()));
        Assert.Equal(2, data[0].GetProperty("proof_count").GetInt32());
        Assert.Equal(
            [first.Text("record_id"), second.Text("record_id")],
            data[0].GetProperty("proofs").EnumerateArray().Select(proof => proof.GetProperty("record_id").GetString()));
        Assert.Equal((hash, "LOCKED"), (data[1].GetProperty("asset_hash").GetString(), data[1].GetProperty("status").GetString()));
        Assert.Equal((Key, 2), (data[2].GetProperty("public_key").GetString(), data[2].GetProperty("proof_count").GetInt32()));
        Assert.DoesNotContain("token\"", answer.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""{"found":false}""", data[3].GetRawText());
    }

    [Fact]
    public async Task Tells_which_question_is_wrong()
    {
        object[] items = [new { }, new { device_id = "a", record_id = Guid.NewGuid() }, new { device_id = "a" }];
        var answer = await service.Client.SendAsync("/proofs/query/batch", new { items });
        Assert.Equal((207, "failed failed completed"), (answer.Status, answer.Statuses));
    }

    [Fact]
    public async Task Answers_questions_as_a_job()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var accepted = await service.Client.SendAsync(
            "/batch/jobs", new { job_type = "query", items = new object[] { new { device_id = id }, new { device_id = "nobody" } } });
        Assert.Equal(2, (await service.Client.FinishAsync(accepted)).GetProperty("success_items").GetInt32());
        var found = await service.Client.ReadAsync($"{accepted.Headers.Location}/items");
        Assert.Equal([true, false], found.Body.EnumerateArray().Select(item => item.GetProperty("output_data").GetProperty("found").GetBoolean()));
    }

    [Fact]
    public async Task Runs_the_examples_of_the_document_as_they_are()
    {
        await EnrollExampleAsync();
        Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll/batch", DeviceExamples.EnrollBatch)).Status);
        Assert.Equal(200, (await service.Client.SendAsync("/proofs/lock/batch", DeviceExamples.LockBatch)).Status);
        Assert.Equal(200, (await service.Client.SendAsync("/proofs/query/batch", DeviceExamples.Query)).Status);
        Assert.Equal(200, (await service.Client.ReadAsync($"/devices/{DeviceExamples.DeviceId}")).Status);
    }

    [Theory]
    [InlineData("/proofs/17")]
    [InlineData("/proofs/01980000-0000-7000-8000-000000000001")]
    public async Task Knows_no_proof_that_was_not_locked(string path)
    {
        var answer = await service.Client.ReadAsync(path);
        Assert.Equal((404, "NOT_FOUND"), (answer.Status, answer.Code));
    }

    /// <summary>Known already when another test came first.</summary>
    private async Task EnrollExampleAsync() =>
        Assert.Contains((await service.Client.SendAsync("/devices/enroll", DeviceExamples.Enroll)).Status, (int[])[201, 403]);
}
