using System.Globalization;
using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>One device at a time.</summary>
public class DeviceEnrollTests(DevicesFixture service) : IClassFixture<DevicesFixture>
{
    [Fact]
    public async Task Gives_a_new_device_a_token_for_thirty_days()
    {
        var id = Unique();
        var answer = await service.Client.SendAsync("/devices/enroll", Device(id));
        Assert.Equal(201, answer.Status);
        Assert.Equal("device_id token issued_at expires_at", answer.Names);
        Assert.Equal(id, answer.Text("device_id"));
        Assert.Equal($"/devices/{id}", answer.Headers.Location!.OriginalString);
        Assert.Equal(TimeSpan.FromDays(30), Time(answer, "expires_at") - Time(answer, "issued_at"));
    }

    [Fact]
    public async Task Keeps_the_token_of_a_known_device_that_shows_it()
    {
        var id = Unique();
        var first = await service.Client.SendAsync("/devices/enroll", Device(id));
        var second = await service.Client.SendAsync("/devices/enroll", Device(id, first.Text("token")));
        Assert.Equal(200, second.Status);
        Assert.Equal(first.Body.GetRawText(), second.Body.GetRawText());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("bsd_guessed")]
    public async Task Refuses_a_known_device_without_its_token(string? token)
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var answer = await service.Client.SendAsync("/devices/enroll", Device(id, token, force: true));
        Assert.Equal((403, "PERMISSION_DENIED"), (answer.Status, answer.Code));
        Assert.Equal("/current_token", answer.Body.GetProperty("errors")[0].GetProperty("pointer").GetString());
        Assert.DoesNotContain("guessed", answer.Body.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7 days 1 hour", false)]
    [InlineData("6 days 23 hours", true)]
    public async Task Renews_a_token_when_seven_days_or_less_are_left(string left, bool isRenewed)
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        await service.ExecuteAsync($"UPDATE batch.device SET token_expires_at = now() + interval '{left}' WHERE device_id = '{id}'");
        var answer = await service.Client.SendAsync("/devices/enroll", Device(id, token));
        Assert.Equal(200, answer.Status);
        Assert.Equal(isRenewed, answer.Text("token") != token);
        var again = await service.Client.SendAsync("/devices/enroll", Device(id, token));
        Assert.Equal(isRenewed ? 403 : 200, again.Status);
        Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll", Device(id, answer.Text("token")))).Status);
    }

    [Fact]
    public async Task Refuses_an_expired_token()
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        await service.ExecuteAsync($"UPDATE batch.device SET token_expires_at = now() - interval '1 second' WHERE device_id = '{id}'");
        Assert.Equal(403, (await service.Client.SendAsync("/devices/enroll", Device(id, token, force: true))).Status);
    }

    [Fact]
    public async Task Gives_a_new_token_when_forced()
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        var forced = await service.Client.SendAsync("/devices/enroll", Device(id, token, force: true));
        Assert.Equal(200, forced.Status);
        Assert.NotEqual(token, forced.Text("token"));
        Assert.Equal(403, (await service.Client.SendAsync("/devices/enroll", Device(id, token))).Status);
    }

    [Fact]
    public async Task Changes_the_public_key_only_when_forced()
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        var refused = await service.Client.SendAsync("/devices/enroll", Device(id, token, key: OtherKey));
        Assert.Equal((403, "PERMISSION_DENIED"), (refused.Status, refused.Code));
        Assert.Equal(Key, (await service.Client.ReadAsync($"/devices/{id}")).Text("public_key"));
        Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll", Device(id, token, force: true, key: OtherKey))).Status);
        Assert.Equal(OtherKey, (await service.Client.ReadAsync($"/devices/{id}")).Text("public_key"));
    }

    [Fact]
    public async Task Enrols_a_new_device_once_when_two_come_at_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = Unique();
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => service.Client.SendAsync("/devices/enroll", Device(id))));
            Assert.Equal([201, 403, 403, 403], answers.Select(answer => answer.Status).Order());
            var token = answers.Single(answer => answer.Status == 201).Text("token");
            Assert.Equal(200, (await service.Client.SendAsync("/devices/enroll", Device(id, token))).Status);
        }
    }

    [Fact]
    public async Task Renews_a_token_once_when_two_force_it_at_once()
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => service.Client.SendAsync("/devices/enroll", Device(id, token, force: true))));
        Assert.Equal([200, 403, 403, 403], answers.Select(answer => answer.Status).Order());
    }

    [Fact]
    public async Task Shows_a_device_without_its_token()
    {
        var id = Unique();
        await service.Client.SendAsync("/devices/enroll", new { device_id = id, public_key = Key, platform = "android", app_version = "1.2" });
        await service.Client.SendAsync("/proofs/lock", Proof(id));
        var answer = await service.Client.ReadAsync($"/devices/{id}");
        Assert.Equal(200, answer.Status);
        Assert.Equal("device_id public_key platform app_version token_expires_at enrolled_at updated_at proof_count", answer.Names);
        Assert.Equal(("android", "1.2", 1), (answer.Text("platform"), answer.Text("app_version"), answer.Body.GetProperty("proof_count").GetInt32()));
    }

    [Theory]
    [InlineData("/devices/nobody")]
    [InlineData("/devices/%E2%98%83")]
    public async Task Knows_no_device_that_was_not_enrolled(string path)
    {
        var answer = await service.Client.ReadAsync(path);
        Assert.Equal((404, "NOT_FOUND"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Tells_everything_that_is_wrong_with_an_enrolment()
    {
        var answer = await service.Client.SendAsync("/devices/enroll", new { public_key = "x", platfrom = "ios" });
        Assert.Equal(400, answer.Status);
        Assert.Equal(
            ["/device_id", "/platform", "/platfrom", "/public_key"],
            answer.Body.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()).Order());
    }

    [Fact]
    public async Task Gives_the_same_token_again_for_the_same_idempotency_key()
    {
        var device = Device(Unique());
        var first = await service.Client.SendAsync("/devices/enroll", device, ("Idempotency-Key", Unique("key")));
        var key = Unique("key");
        var other = Device(Unique());
        var second = await service.Client.SendAsync("/devices/enroll", other, ("Idempotency-Key", key));
        var replay = await service.Client.SendAsync("/devices/enroll", other, ("Idempotency-Key", key));
        Assert.Equal((201, 201, 201), (first.Status, second.Status, replay.Status));
        Assert.Equal(second.Body.GetRawText(), replay.Body.GetRawText());
        Assert.Equal("true", Assert.Single(replay.Headers.GetValues("Idempotent-Replayed")));
        Assert.NotEqual(first.Text("token"), second.Text("token"));
    }

    [Fact]
    public async Task Keeps_no_token_in_the_database_nor_in_the_log()
    {
        var id = Unique();
        var token = await service.Client.EnrollAsync(id);
        var forced = await service.Client.SendAsync("/devices/enroll", Device(id, token, force: true));
        await service.Client.SendAsync("/devices/enroll", Device(id, token));
        var batch = await service.Client.SendAsync("/devices/enroll/batch", new { items = new[] { Device(Unique()), Device(id, token) } });
        string[] tokens = [token, forced.Text("token")!, batch.Results[0].GetProperty("data").GetProperty("token").GetString()!];
        foreach (var secret in tokens)
        {
            Assert.Empty(await service.FindAsync(secret));
            Assert.DoesNotContain(secret, service.Log.Text, StringComparison.Ordinal);
        }
        Assert.Contains("devices/enroll", service.Log.Text, StringComparison.Ordinal);
        // The search does find what is there.
        Assert.Equal(["device"], await service.FindAsync(id));
    }

    private static DateTimeOffset Time(DevicesAnswer answer, string name) => DateTimeOffset.Parse(answer.Text(name)!, CultureInfo.InvariantCulture);
}
