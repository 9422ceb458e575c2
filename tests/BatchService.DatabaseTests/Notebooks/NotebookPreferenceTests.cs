using System.Text.Json;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Calls that write in one transaction honour what they can and refuse the rest.</summary>
public sealed class NotebookPreferenceTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Theory]
    [InlineData("fast", "FIELD_UNKNOWN")]
    [InlineData("respond-async", "FIELD_INVALID")]
    [InlineData("handling=strict, wait=soon", "FIELD_INVALID")]
    public async Task What_is_not_honoured_is_refused_before_anything_is_written(string prefer, string code)
    {
        var id = await Client.CreateAsync();

        var refused = await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/entries", NotebookClient.Entry(), prefer: prefer);
        var kept = await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}", prefer: prefer);

        Assert.Equal((code, code), (refused.Expect(400)["code"].GetString(), kept.Expect(400)["code"].GetString()));
        Assert.Equal(0, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
    }

    [Fact]
    public async Task Handling_lenient_ignores_it_and_is_confirmed()
    {
        var id = await Client.CreateAsync();

        var written = (await Client.SendAsync(
            HttpMethod.Post, $"/notebooks/{id}/entries", NotebookClient.Entry(), prefer: "fast, respond-async, handling=lenient")).Expect(201);

        Assert.Equal("handling=lenient", written.Message.Headers.GetValues("Preference-Applied").Single());
    }

    [Theory]
    [InlineData("return=minimal", true)]
    [InlineData("wait=20, return=representation, multi-status=200", false)]
    public async Task The_answer_is_as_long_as_it_was_asked_for(string prefer, bool isEmpty)
    {
        var id = await Client.CreateAsync();

        var written = (await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/entries", NotebookClient.Entry(), prefer: prefer)).Expect(201);

        Assert.Equal((isEmpty, prefer), (written.Body.ValueKind == JsonValueKind.Undefined, written.Message.Headers.GetValues("Preference-Applied").Single()));
        Assert.Equal(1, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
    }

    [Fact]
    public async Task A_worker_may_say_with_a_preference_how_long_it_waits_for_a_job()
    {
        var id = await Client.CreateAsync();
        var waiting = Client.SendAsync(HttpMethod.Get, $"/notebooks/{id}/jobs/next?worker_id=w", prefer: "wait=30");
        await Client.AddAsync(id, "a word");

        var job = (await waiting).Expect(200);

        Assert.Equal("wait=30", job.Message.Headers.GetValues("Preference-Applied").Single());
    }

    [Theory]
    [InlineData("""{ "job_type": "COMPARE_CLAIMS" }""", "FIELD_UNKNOWN")]
    [InlineData("garbage", "MALFORMED_JSON")]
    [InlineData("{}", null)]
    [InlineData(null, null)]
    public async Task A_call_that_takes_no_body_does_not_ignore_one(string? body, string? code)
    {
        var id = await Client.CreateAsync();

        var reply = await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/jobs/retry-failed", body);

        if (code is null)
            reply.Expect(200);
        else
            Assert.Equal(code, reply.Expect(400)["code"].GetString());
    }
}
