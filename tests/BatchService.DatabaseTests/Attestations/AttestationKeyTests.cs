using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Idempotency;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>Idempotency-Key</c> on every POST that writes attestations.</summary>
public sealed class AttestationKeyTests(AttestationUploadTests.UploadFixture fixture) : IClassFixture<AttestationUploadTests.UploadFixture>, IAsyncLifetime
{
    private static readonly (string, string) s_key = ("Idempotency-Key", "k");

    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public static TheoryData<string, string, string, int> Calls => new()
    {
        { "/attestations", RowsClient.Json, """{"subjects":["a"]}""", 1 },
        { "/attestations/batch", RowsClient.Json, """{"commands":[{"subjects":["a"]},{"subjects":["b"]}]}""", 2 },
        { "/attestations/batch", RowsClient.Json, """{"commands":[{"subjects":["a"]},{"subjects":[]},{"subjects":["b"]}],"mode":"best_effort"}""", 2 },
        { "/attestations/stream", RowsClient.Ndjson, "{\"subjects\":[\"a\"]}\n{\"subjects\":[\"b\"]}\n", 2 },
        { "/attestations/stream?mode=atomic", RowsClient.Ndjson, "{\"subjects\":[\"a\"]}\n{\"subjects\":[\"b\"]}\n", 2 },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Replays_the_same_bytes_and_has_one_effect(string path, string mediaType, string body, int created)
    {
        var first = await fixture.Client.PostContentAsync(path, new StringContent(body), mediaType, s_key);
        var second = await fixture.Client.PostContentAsync(path, new StringContent(body), mediaType, s_key);

        Assert.False(first.IsReplay());
        Assert.True(second.IsReplay());
        Assert.True((int)first.Status < 300, first.Text);
        Assert.Equal(
            (first.Status, first.Text, first.MediaType, first.Header("Location"), first.Header("Batch-Succeeded"), first.Header("Batch-Failed")),
            (second.Status, second.Text, second.MediaType, second.Header("Location"), second.Header("Batch-Succeeded"), second.Header("Batch-Failed")));
        Assert.Equal(created, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Replays_a_delete_instead_of_finding_nothing(string mode)
    {
        await fixture.InsertAsync(AttestationsFixture.IdOf(1));

        var first = await fixture.Client.DeleteIdsAsync([AttestationsFixture.IdOf(1)], mode, s_key);
        var second = await fixture.Client.DeleteIdsAsync([AttestationsFixture.IdOf(1)], mode, s_key);

        Assert.Equal((HttpStatusCode.OK, first.Text), (second.Status, second.Text));
        Assert.Equal((false, true), (first.IsReplay(), second.IsReplay()));
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Refuses_another_body_with_the_same_key(string path, string mediaType, string body, int created)
    {
        await fixture.Client.PostContentAsync(path, new StringContent(body), mediaType, s_key);

        var other = await fixture.Client.PostContentAsync(path, new StringContent(body.Replace("\"a\"", "\"z\"")), mediaType, s_key);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "IDEMPOTENCY_KEY_REUSED"), (other.Status, other.Code));
        Assert.Equal(created, await fixture.CountAsync());
    }

    [Fact]
    public async Task Does_not_burn_the_key_of_what_failed()
    {
        var taken = AttestationsFixture.IdOf(1);
        await fixture.InsertAsync(taken);
        var command = new { id = taken, subjects = new[] { "s" } };

        Assert.Equal(HttpStatusCode.Conflict, (await fixture.Client.PostAsync("/attestations", command, s_key)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await fixture.Client.CreateAsync([command], headers: s_key)).Status);
        await fixture.ClearAsync();

        Assert.Equal(HttpStatusCode.Created, (await fixture.Client.PostAsync("/attestations", command, s_key)).Status);
        Assert.Equal([taken], await fixture.IdsAsync());
    }

    [Fact]
    public async Task Gives_a_minimal_replay_of_a_full_answer()
    {
        var first = await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "s" } }, s_key);
        var second = await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "s" } }, s_key, ("Prefer", "return=minimal"));

        Assert.Equal((HttpStatusCode.Created, ""), (second.Status, second.Text));
        Assert.Equal(first.Header("Location"), second.Header("Location"));
        Assert.Equal(1, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("/attestations/batch")]
    [InlineData("/attestations/stream?chunk_size=10")]
    public async Task Finishes_a_best_effort_batch_whose_service_was_killed(string path)
    {
        var commands = Enumerable.Range(0, 30).Select(index => index == 25
            ? (object)new { id = AttestationsFixture.IdOf(500), subjects = new[] { "held" } }
            : new { subjects = new[] { $"s{index}" } }).ToList();
        var isStream = path.Contains("stream", StringComparison.Ordinal);
        var body = isStream ? RowsClient.Lines(commands) : JsonSerializer.Serialize(new { commands, mode = "best_effort", chunk_size = 10 });
        var mediaType = isStream ? RowsClient.Ndjson : RowsClient.Json;
        await using (var service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={fixture.Connection}"))
        await using (await fixture.HoldAsync(AttestationsFixture.IdOf(500)))
        {
            using var client = new HttpClient { BaseAddress = service.Address };
            var doomed = client.PostContentAsync(path, new StringContent(body), mediaType, s_key);
            await RowsWait.UntilAsync(async () => (await fixture.WaitingAsync()).Count > 0);
            await service.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => doomed);
        }

        Assert.Equal(20, await fixture.CountAsync());
        var before = await fixture.IdsAsync();
        await fixture.ExecuteAsync("UPDATE batch.idempotency_key SET lease_until = now() - interval '1 second'");

        var resumed = await fixture.Client.PostContentAsync(path, new StringContent(body), mediaType, s_key);
        var replayed = await fixture.Client.PostContentAsync(path, new StringContent(body), mediaType, s_key);

        Assert.Equal((HttpStatusCode.OK, (30, 0, 30)), (resumed.Status, resumed.Sums()));
        Assert.Equal(
            Enumerable.Range(0, 30).Select(index => index < 20 ? "replayed" : "completed"),
            resumed.Results.Select(result => result.GetProperty("status").GetString()));
        var attestations = isStream ? [.. resumed.Results.Select(result => result.GetProperty("attestation"))] : resumed.Created();
        Assert.Equal(Enumerable.Range(0, 30).Select(index => index == 25 ? "held" : $"s{index}"), attestations.Select(one => one.Subject()));
        Assert.Equal(resumed.Results.Select(result => result.Id()), attestations.Select(one => one.Id()));
        Assert.Equal((await fixture.IdsAsync()).ToHashSet(), attestations.Select(one => one.Id()).ToHashSet());
        Assert.Subset((await fixture.IdsAsync()).ToHashSet(), before.ToHashSet());
        Assert.Equal(30, await fixture.CountAsync());
        Assert.Equal((true, resumed.Text), (replayed.IsReplay(), replayed.Text));
    }
}
