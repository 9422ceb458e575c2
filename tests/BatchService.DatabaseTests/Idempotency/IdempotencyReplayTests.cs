using System.Net;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>A repeated request with the same key has one effect and one answer, through both endpoints and in every mode.</summary>
public sealed class IdempotencyReplayTests(IdempotencyFixture fixture) : IClassFixture<IdempotencyFixture>, IAsyncLifetime
{
    public static TheoryData<string, bool> DoorsAndModes => new() { { "operations", true }, { "operations", false }, { "rows", true }, { "rows", false } };

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        await fixture.ExecuteAsync("DELETE FROM batch.idempotency_key");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [MemberData(nameof(DoorsAndModes))]
    public async Task Replays_the_same_bytes_and_has_one_effect(string door, bool atomic)
    {
        var first = await fixture.Client.WriteWordsAsync(door, "k", ["a", "b"], atomic);
        var second = await fixture.Client.WriteWordsAsync(door, "k", ["a", "b"], atomic);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.False(first.IsReplay());
        Assert.True(second.IsReplay());
        Assert.Equal(
            (first.Status, first.Text, first.MediaType, first.Header("Batch-Succeeded"), first.Header("Batch-Failed")),
            (second.Status, second.Text, second.MediaType, second.Header("Batch-Succeeded"), second.Header("Batch-Failed")));
        Assert.Equal(2, await fixture.CountAsync("word"));
    }

    [Theory]
    [InlineData("operations")]
    [InlineData("rows")]
    public async Task Replays_a_best_effort_answer_with_its_failures(string door)
    {
        var first = await fixture.Client.WriteWordsAsync(door, "k", ["a", "", "c"], atomic: false, continueOnError: true);
        var second = await fixture.Client.WriteWordsAsync(door, "k", ["a", "", "c"], atomic: false, continueOnError: true);

        Assert.Equal(HttpStatusCode.MultiStatus, first.Status);
        Assert.Equal((first.Status, first.Text), (second.Status, second.Text));
        Assert.True(second.IsReplay());
        Assert.Equal(("2", "1"), (second.Header("Batch-Succeeded"), second.Header("Batch-Failed")));
        Assert.Equal(2, await fixture.CountAsync("word"));
    }

    [Theory]
    [InlineData("text/csv", "text\na\nb\n", "application/json", true)]
    [InlineData("text/csv", "text\na\nb\n", "application/x-ndjson", false)]
    [InlineData("application/x-ndjson", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "application/x-ndjson", true)]
    [InlineData("application/x-ndjson", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "application/json", false)]
    public async Task Replays_streams_too(string contentType, string body, string accept, bool atomic)
    {
        var path = $"/entities/word/batch?action=create&atomic={(atomic ? "true" : "false")}";

        var first = await fixture.Client.PostKeyedAsync(path, "k", body, contentType, accept);
        var second = await fixture.Client.PostKeyedAsync(path, "k", body, contentType, accept);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal((first.MediaType, first.Text), (second.MediaType, second.Text));
        Assert.Equal(accept, second.MediaType);
        Assert.True(second.IsReplay());
        Assert.Equal(2, await fixture.CountAsync("word"));
    }

    [Theory]
    [MemberData(nameof(DoorsAndModes))]
    public async Task Refuses_another_body_with_the_same_key(string door, bool atomic)
    {
        await fixture.Client.WriteWordsAsync(door, "k", ["a"], atomic);

        var other = await fixture.Client.WriteWordsAsync(door, "k", ["b"], atomic);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", other.Code);
        Assert.Equal(["a"], await fixture.ListAsync("SELECT text FROM word"));
    }

    [Fact]
    public async Task Refuses_the_same_stream_with_other_options_for_the_same_key()
    {
        await fixture.Client.PostKeyedAsync("/entities/word/batch?action=create", "k", "text\na\n", RowsClient.Csv);

        var other = await fixture.Client.PostKeyedAsync("/entities/word/batch?action=create&atomic=false", "k", "text\na\n", RowsClient.Csv);

        Assert.Equal("IDEMPOTENCY_KEY_REUSED", other.Code);
        Assert.Equal(1, await fixture.CountAsync("word"));
    }

    [Fact]
    public async Task Keeps_the_keys_of_different_routes_apart()
    {
        var operations = await fixture.Client.WriteWordsAsync("operations", "k", ["a"]);
        var rows = await fixture.Client.WriteWordsAsync("rows", "k", ["b"]);
        var others = await fixture.Client.PostKeyedAsync("/entities/stamp/batch", "k", """{"action":"create","items":[{"n":1}]}""");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], new[] { operations.Status, rows.Status, others.Status });
        Assert.Equal(2, await fixture.CountAsync("word"));
        Assert.Equal(3, await fixture.CountAsync("batch.idempotency_key"));
    }

    [Fact]
    public async Task Keeps_the_keys_of_different_callers_apart()
    {
        await fixture.Client.WriteWordsAsync("rows", "k", ["a"]);
        await fixture.ExecuteAsync("UPDATE batch.idempotency_key SET caller = 'somebody else'");

        var mine = await fixture.Client.WriteWordsAsync("rows", "k", ["b"]);

        Assert.Equal(HttpStatusCode.OK, mine.Status);
        Assert.False(mine.IsReplay());
        Assert.Equal(2, await fixture.CountAsync("word"));
    }

    [Theory]
    [MemberData(nameof(DoorsAndModes))]
    public async Task Has_one_effect_for_32_concurrent_duplicates(string door, bool atomic)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => fixture.Client.WriteWordsAsync(door, "k", ["a", "b", "c"], atomic)));

        Assert.Equal(3, await fixture.CountAsync("word"));
        // Who came too early or found no connection is told to repeat.
        Assert.All(answers, answer => Assert.True(
            answer.Status == HttpStatusCode.OK || answer.Code is "IDEMPOTENCY_IN_PROGRESS" or "OVERLOADED", answer.Text));
        var done = answers.Where(answer => answer.Status == HttpStatusCode.OK).ToList();
        Assert.Single(done, answer => !answer.IsReplay());
        Assert.Single(done.Select(answer => answer.Text).Distinct());
        Assert.True((await fixture.Client.WriteWordsAsync(door, "k", ["a", "b", "c"], atomic)).IsReplay());
        Assert.Equal(3, await fixture.CountAsync("word"));
    }

    [Theory]
    [MemberData(nameof(DoorsAndModes))]
    public async Task Does_not_burn_the_key_of_a_request_that_was_rejected_or_rolled_back(string door, bool atomic)
    {
        var failed = await fixture.Client.WriteWordsAsync(door, "k", [""], atomic);
        Assert.NotEqual(HttpStatusCode.OK, failed.Status);
        Assert.Equal(0, await fixture.CountAsync("batch.idempotency_key"));

        var mended = await fixture.Client.WriteWordsAsync(door, "k", ["a"], atomic);

        Assert.Equal(HttpStatusCode.OK, mended.Status);
        Assert.False(mended.IsReplay());
        Assert.Equal(["a"], await fixture.ListAsync("SELECT text FROM word"));
    }

    [Fact]
    public async Task Does_not_burn_the_key_of_a_dry_run()
    {
        const string Dry = """{"action":"create","items":[{"text":"a"}],"options":{"validateOnly":"execute"}}""";
        await fixture.Client.PostKeyedAsync("/entities/word/batch", "k", Dry);

        var real = await fixture.Client.WriteWordsAsync("rows", "k", ["a"]);

        Assert.Equal(HttpStatusCode.OK, real.Status);
        Assert.Equal(1, await fixture.CountAsync("word"));
    }

    [Theory]
    [InlineData("operations")]
    [InlineData("rows")]
    public async Task Runs_again_when_the_key_has_expired(string door)
    {
        await fixture.Client.WriteWordsAsync(door, "k", ["a"]);
        await fixture.ExecuteAsync("UPDATE batch.idempotency_key SET expires_at = now() - interval '1 second'");

        var again = await fixture.Client.WriteWordsAsync(door, "k", ["b"]);

        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.False(again.IsReplay());
        Assert.Equal(["a", "b"], await fixture.ListAsync("SELECT text FROM word ORDER BY 1"));
    }

    [Fact]
    public async Task Keeps_a_key_for_24_hours()
    {
        await fixture.Client.WriteWordsAsync("rows", "k", ["a"]);

        var hours = await fixture.ReadAsync<double>("SELECT extract(epoch FROM expires_at - now())::float8 / 3600 FROM batch.idempotency_key");

        Assert.InRange(hours, 23.9, 24);
    }

    [Theory]
    [InlineData("k")]
    [InlineData("\"k\"")]
    public async Task Takes_the_key_quoted_or_not_for_the_same(string key)
    {
        await fixture.Client.WriteWordsAsync("rows", "k", ["a"]);

        Assert.True((await fixture.Client.WriteWordsAsync("rows", key, ["a"])).IsReplay());
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("schlüssel")]
    public async Task Refuses_a_key_that_is_no_key(string key)
    {
        foreach (var door in new[] { "operations", "rows" })
        {
            var answer = await fixture.Client.WriteWordsAsync(door, key, ["a"]);

            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Equal("FIELD_INVALID", answer.Code);
        }

        Assert.Equal(0, await fixture.CountAsync("word"));
    }

    [Fact]
    public async Task Takes_a_key_of_255_characters_and_refuses_256()
    {
        var longest = new string('k', 255);

        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.WriteWordsAsync("rows", longest, ["a"])).Status);
        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.WriteWordsAsync("operations", $"\"{longest}\"", ["a"])).Status);
        Assert.Equal("FIELD_INVALID", (await fixture.Client.WriteWordsAsync("rows", longest + "k", ["a"])).Code);
    }

    [Fact]
    public async Task Refuses_a_wrong_key_of_a_stream_as_well()
    {
        var answer = await fixture.Client.PostKeyedAsync("/entities/word/batch?action=create", new string('k', 256), "text\na\n", RowsClient.Csv);

        Assert.Equal("FIELD_INVALID", answer.Code);
        Assert.Equal(0, await fixture.CountAsync("word"));
    }
}
