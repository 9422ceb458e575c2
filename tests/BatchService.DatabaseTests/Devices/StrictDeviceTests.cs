using BatchService.Devices;
using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>What settings change.</summary>
public class StrictDeviceTests(StrictDevicesFixture service) : IClassFixture<StrictDevicesFixture>
{
    [Fact]
    public async Task Refuses_a_proof_without_a_signature_where_one_is_required()
    {
        await service.Client.SendAsync("/devices/enroll", DeviceExamples.Enroll);
        var answer = await service.Client.SendAsync("/proofs/lock", Proof(DeviceExamples.DeviceId));
        Assert.Equal((422, "VALIDATION_FAILED"), (answer.Status, answer.Code));
        Assert.Equal(201, (await service.Client.SendAsync("/proofs/lock", DeviceExamples.Lock)).Status);
    }

    [Fact]
    public async Task Takes_tokens_out_of_the_results_of_a_job_after_a_while()
    {
        var (known, id) = (Unique(), Unique());
        var token = await service.Client.EnrollAsync(known);
        var accepted = await service.Client.SendAsync(
            "/batch/jobs", new { job_type = "enrollment", items = new[] { Device(id), Device(known, token, force: true) } });
        Assert.Equal(2, (await service.Client.FinishAsync(accepted)).GetProperty("success_items").GetInt32());
        await UntilAsync(async () => (await service.FindAsync("bsd_")).Count == 0);
        var items = await service.Client.ReadAsync($"{accepted.Headers.Location}/items");
        Assert.Equal(
            ["device_id", "issued_at", "expires_at"], items.Body[0].GetProperty("output_data").EnumerateObject().Select(member => member.Name));
        Assert.DoesNotContain("bsd_", items.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(id, items.Body[0].GetProperty("input_data").GetProperty("device_id").GetString());
    }

    [Fact]
    public async Task Refuses_more_items_than_allowed()
    {
        var answer = await service.Client.SendAsync("/proofs/query/batch", new { items = Enumerable.Range(0, 4).Select(_ => new { device_id = "a" }) });
        Assert.Equal((400, "BATCH_TOO_LARGE"), (answer.Status, answer.Code));
    }
}
