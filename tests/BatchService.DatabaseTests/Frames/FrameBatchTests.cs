using System.Text.Json.Nodes;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary><c>POST /frames/batch</c>: all or nothing, and what is said about it.</summary>
public sealed class FrameBatchTests(FramesFixture service) : IClassFixture<FramesFixture>, IAsyncLifetime
{
    private const string StoreError = "One or more frames failed to save (transaction rolled back)";
    private const string Aborted = "Transaction aborted due to validation failure in another frame";

    public Task InitializeAsync() => service.ExecuteAsync("TRUNCATE batch.frame");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Stores_all_frames_and_answers_with_a_result_for_each()
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a"), Frame("b")])).Expect(200);

        Assert.Equal(
            """{"success":true,"count":2,"validationErrors":[],"results":[{"id":"a","success":true},{"id":"b","success":true}]}""", reply.Text);
        Assert.Equal(("application/json", "2", "0"), (reply.MediaType, reply.Header("Batch-Succeeded"), reply.Header("Batch-Failed")));
        Assert.Equal(2, await service.CountAsync("batch.frame WHERE created_by = 'dev' AND branch = 'main' AND module_scope = '{core}'"));
    }

    [Fact]
    public async Task Warns_of_what_it_ignored_in_frames_that_are_stored()
    {
        var reply = (await service.Client.PostFramesAsync(
            [Frame("a"), Frame("b", ("mood", 1), ("status_snapshot", JsonNode.Parse("""{ "next_action": "x", "hue": 2 }""")))])).Expect(200);

        Assert.Equal(
            """[{"index":1,"frameId":"b","warnings":[{"path":"status_snapshot.hue","message":"Unknown field 'hue' will be ignored"},{"path":"mood","message":"Unknown field 'mood' will be ignored"}]}]""",
            reply.Body.GetProperty("warnings").GetRawText());
        Assert.Equal(2, await service.CountAsync("batch.frame"));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("stats")]
    [InlineData("STATS")]
    public async Task Refuses_an_id_that_no_address_can_name(string id)
    {
        var reply = (await service.Client.PostFramesAsync([Frame(id)])).Expect(422);

        Assert.Equal(
            """[{"path":"id","message":"Must not be one of: ., .., stats","code":"INVALID_VALUE"}]""",
            reply.Body.GetProperty("validationErrors")[0].GetProperty("validation").GetProperty("errors").GetRawText());
        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Stores_nothing_when_a_frame_is_invalid_and_tells_the_first_one_only()
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a"), Frame("b", ("branch", 1), ("jira", 2)), Frame("c", ("branch", 1))])).Expect(422);

        var fault = Assert.Single(reply.Body.GetProperty("validationErrors").EnumerateArray());
        Assert.Equal(
            """{"index":1,"frameId":"b","validation":{"valid":false,"errors":[{"path":"branch","message":"Must be a string","code":"INVALID_TYPE"},{"path":"jira","message":"Must be a string","code":"INVALID_TYPE"}],"warnings":[]}}""",
            fault.GetRawText());
        Assert.False(reply.Body.GetProperty("success").GetBoolean());
        Assert.Equal(0, reply.Body.GetProperty("count").GetInt32());
        Assert.Empty(reply.Body.GetProperty("results").EnumerateArray());
        Assert.False(reply.Body.TryGetProperty("storeError", out _));
        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Answers_a_refused_batch_as_a_problem_too()
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a"), Frame("b", ("branch", 1))])).Expect(422);

        Assert.Equal("application/problem+json", reply.MediaType);
        Assert.Equal(("0", "1"), (reply.Header("Batch-Succeeded"), reply.Header("Batch-Failed")));
        Assert.Equal("VALIDATION_FAILED", reply.Code);
        Assert.Equal(reply.Body.GetProperty("detail").GetString(), reply.Body.GetProperty("error").GetString());
        Assert.Equal(
            """[{"index":1,"id":"b","pointer":"/frames/1/branch","code":"VALIDATION_FAILED","detail":"branch: Must be a string"}]""",
            reply.Body.GetProperty("problems").GetRawText());
    }

    [Fact]
    public async Task Tells_every_invalid_frame_in_order_when_it_is_not_to_stop_at_the_first()
    {
        var reply = (await service.Client.PostFramesAsync(
            [Frame("a", ("branch", 1)), Frame("b"), 3, Frame("d", ("mood", 1), ("jira", 1))], """{ "failFast": false }""")).Expect(422);

        Assert.Equal(
            [(0, "a"), (2, "(frame at index 2)"), (3, "d")],
            reply.Body.GetProperty("validationErrors").EnumerateArray()
                .Select(fault => (fault.GetProperty("index").GetInt32(), fault.GetProperty("frameId").GetString()!)));
        Assert.Equal(
            """[{"path":"mood","message":"Unknown field 'mood' will be ignored"}]""",
            reply.Body.GetProperty("validationErrors")[2].GetProperty("validation").GetProperty("warnings").GetRawText());
        Assert.Equal("3", reply.Header("Batch-Failed"));
        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Names_a_frame_without_a_usable_id_by_its_position()
    {
        JsonNode?[] frames = [Frame("", ("id", 7)), Frame(""), null, new JsonArray(), new JsonObject(), Frame(new string('x', 501))];

        var reply = (await service.Client.PostFramesAsync(frames, """{ "failFast": false }""")).Expect(422);

        Assert.Equal(
            Enumerable.Range(0, 6).Select(index => $"(frame at index {index})"),
            reply.Body.GetProperty("validationErrors").EnumerateArray().Select(fault => fault.GetProperty("frameId").GetString()));
    }

    [Fact]
    public async Task Lets_the_store_refuse_when_it_is_not_to_validate_first()
    {
        var reply = (await service.Client.PostFramesAsync(
            [Frame("a"), Frame("b", ("branch", 1), ("jira", 2)), Frame("", ("id", null))], """{ "preValidate": false }""")).Expect(422);

        Assert.Equal(StoreError, reply.Body.GetProperty("storeError").GetString());
        Assert.Empty(reply.Body.GetProperty("validationErrors").EnumerateArray());
        Assert.Equal(
            [
                ("a", false, Aborted),
                ("b", false, "Validation failed: branch: Must be a string; jira: Must be a string"),
                ("(frame at index 2)", false, "Validation failed: id: Must be a string"),
            ],
            reply.Body.GetProperty("results").EnumerateArray().Select(result =>
                (result.GetProperty("id").GetString()!, result.GetProperty("success").GetBoolean(), result.GetProperty("error").GetString()!)));
        Assert.Equal(("application/problem+json", "0", "2"), (reply.MediaType, reply.Header("Batch-Succeeded"), reply.Header("Batch-Failed")));
        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Theory]
    [InlineData("""{ "preValidate": false }""")]
    [InlineData("""{ "preValidate": false, "failFast": false }""")]
    [InlineData("""{ "preValidate": true, "failFast": true, "onSuccess": [] }""")]
    [InlineData("""{ "failFast": null, "preValidate": null, "onSuccess": null }""")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task Stores_valid_frames_under_all_options(string options) =>
        Assert.Equal(1, (await service.Client.PostFramesAsync([Frame("a")], options)).Expect(200).Body.GetProperty("count").GetInt32());

    [Fact]
    public async Task Takes_an_empty_batch()
    {
        var reply = (await service.Client.PostFramesAsync([])).Expect(200);

        Assert.Equal("""{"success":true,"count":0,"validationErrors":[],"results":[]}""", reply.Text);
    }

    [Fact]
    public async Task Replaces_a_known_frame_in_full()
    {
        await service.Client.PostFramesAsync([Frame("a", ("jira", "X-1"), ("keywords", new JsonArray("alpha")), ("userId", "u"))]);
        var created = await service.ReadAsync<DateTime>("SELECT created_at FROM batch.frame");

        (await service.Client.PostFramesAsync([Frame("a", ("branch", "next"))])).Expect(200);

        var frame = (await service.Client.GetFramesAsync("/frames/a")).Expect(200).Body;
        Assert.Equal("next", frame.GetProperty("branch").GetString());
        Assert.False(frame.TryGetProperty("jira", out _));
        Assert.Empty((await service.Client.GetFramesAsync("/frames?query=alpha")).Ids);
        Assert.Empty((await service.Client.GetFramesAsync("/frames?user_id=u")).Ids);
        Assert.Equal(created, await service.ReadAsync<DateTime>("SELECT created_at FROM batch.frame"));
        Assert.Equal(1, await service.CountAsync("batch.frame WHERE updated_at > created_at"));
    }

    [Fact]
    public async Task Keeps_the_last_of_several_frames_with_the_same_id_and_lets_all_succeed()
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a", ("branch", "1")), Frame("b"), Frame("a", ("branch", "2"))])).Expect(200);

        Assert.Equal(3, reply.Body.GetProperty("count").GetInt32());
        Assert.Equal(["a", "b", "a"], reply.Body.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("id").GetString()));
        Assert.All(reply.Body.GetProperty("results").EnumerateArray(), result => Assert.True(result.GetProperty("success").GetBoolean()));
        Assert.Equal("2", await service.ReadAsync<string>("SELECT branch FROM batch.frame WHERE id = 'a'"));
        Assert.Equal(2, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Drops_unknown_fields()
    {
        (await service.Client.PostFramesAsync(
            [Frame("a", ("mood", "good"), ("status_snapshot", new JsonObject { ["foo"] = 1, ["next_action"] = "Review" }))])).Expect(200);

        Assert.Equal(Frame("a").ToJsonString(), (await service.Client.GetFramesAsync("/frames/a")).Expect(200).Text);
    }

    [Theory]
    [InlineData("[]", "FIELD_INVALID", null)]
    [InlineData("{}", "FIELD_MISSING", "/frames")]
    [InlineData("""{ "frames": null }""", "FIELD_INVALID", "/frames")]
    [InlineData("""{ "frames": {} }""", "FIELD_INVALID", "/frames")]
    [InlineData("""{ "frames": [], "mode": 1 }""", "FIELD_UNKNOWN", "/mode")]
    [InlineData("""{ "frames": [], "options": [] }""", "FIELD_INVALID", "/options")]
    [InlineData("""{ "frames": [], "options": { "atomic": true } }""", "FIELD_UNKNOWN", "/options/atomic")]
    [InlineData("""{ "frames": [], "options": { "failFast": 1 } }""", "FIELD_INVALID", "/options/failFast")]
    [InlineData("""{ "frames": [], "options": { "preValidate": "no" } }""", "FIELD_INVALID", "/options/preValidate")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": "atlas_rebuild" } }""", "FIELD_INVALID", "/options/onSuccess")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": ["atlas"] } }""", "FIELD_INVALID", "/options/onSuccess/0")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": ["atlas_rebuild", null] } }""", "FIELD_INVALID", "/options/onSuccess/1")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{}] } }""", "FIELD_MISSING", "/options/onSuccess/0/webhook")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{ "webhook": "https://example.org", "x": 1 }] } }""", "FIELD_UNKNOWN", "/options/onSuccess/0/x")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{ "webhook": "/hook" }] } }""", "FIELD_INVALID", "/options/onSuccess/0/webhook")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{ "webhook": "ftp://example.org" }] } }""", "FIELD_INVALID", "/options/onSuccess/0/webhook")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{ "webhook": "file:///etc/passwd" }] } }""", "FIELD_INVALID", "/options/onSuccess/0/webhook")]
    [InlineData("""{ "frames": [], "options": { "onSuccess": [{ "webhook": 1 }] } }""", "FIELD_INVALID", "/options/onSuccess/0/webhook")]
    public async Task Reads_the_envelope_strictly(string body, string code, string? place)
    {
        var reply = (await service.Client.CallAsync(HttpMethod.Post, "/frames/batch", body)).Expect(400);

        Assert.Equal(code, reply.Code);
        if (place is not null)
            Assert.Contains(reply.Body.GetProperty("errors").EnumerateArray(), error => error.GetProperty("pointer").GetString() == place);
    }

    [Fact]
    public async Task Writes_nothing_when_a_hook_cannot_be()
    {
        (await service.Client.PostFramesAsync([Frame("a")], """{ "onSuccess": [{ "webhook": "mailto:a@example.org" }] }""")).Expect(400);

        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Takes_1000_frames_and_no_more()
    {
        var reply = (await service.Client.PostFramesAsync(Enumerable.Range(0, 1_000).Select(index => Frame($"f{index}")))).Expect(200);

        Assert.Equal(1_000, reply.Body.GetProperty("count").GetInt32());
        Assert.Equal(1_000, await service.CountAsync("batch.frame"));
        var refused = (await service.Client.PostFramesAsync(Enumerable.Range(0, 1_001).Select(index => Frame($"g{index}")))).Expect(400);
        Assert.Equal("BATCH_TOO_LARGE", refused.Code);
        Assert.Equal("Batch size exceeds maximum (1000). Requested: 1001", refused.Body.GetProperty("error").GetString());
        Assert.Equal(1_000, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Replays_the_answer_of_a_key_and_writes_once()
    {
        var first = (await service.Client.PostFramesAsync([Frame("a")], null, ("Idempotency-Key", "k1"))).Expect(200);
        var written = await service.ReadAsync<DateTime>("SELECT updated_at FROM batch.frame");

        var again = (await service.Client.PostFramesAsync([Frame("a")], null, ("Idempotency-Key", "k1"))).Expect(200);
        var other = (await service.Client.PostFramesAsync([Frame("b")], null, ("Idempotency-Key", "k1"))).Expect(422);

        Assert.Equal(first.Text, again.Text);
        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", other.Code);
        Assert.Equal(written, await service.ReadAsync<DateTime>("SELECT updated_at FROM batch.frame"));
        Assert.Equal(1, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task Does_not_burn_the_key_of_a_refused_batch()
    {
        (await service.Client.PostFramesAsync([Frame("a", ("branch", 1))], null, ("Idempotency-Key", "k2"))).Expect(422);

        (await service.Client.PostFramesAsync([Frame("a")], null, ("Idempotency-Key", "k2"))).Expect(200);
    }

    [Theory]
    [InlineData("return=minimal", 200, """{"success":true,"count":1,"validationErrors":[],"results":[]}""", "return=minimal")]
    [InlineData("return=representation", 200, """{"success":true,"count":1,"validationErrors":[],"results":[{"id":"a","success":true}]}""", "return=representation")]
    [InlineData("handling=strict, multi-status=200", 200, null, "handling=strict, multi-status=200")]
    [InlineData("handling=lenient, colour=blue", 200, null, "handling=lenient")]
    [InlineData("colour=blue", 400, null, null)]
    public async Task Honours_the_preferences_it_knows(string prefer, int status, string? text, string? applied)
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a")], null, ("Prefer", prefer))).Expect(status);

        Assert.Equal(text ?? reply.Text, reply.Text);
        Assert.Equal(applied, reply.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Tells_the_failed_frames_under_minimal_all_the_same()
    {
        var reply = (await service.Client.PostFramesAsync(
            [Frame("a", ("branch", 1))], """{ "preValidate": false }""", ("Prefer", "return=minimal"))).Expect(422);

        Assert.Single(reply.Body.GetProperty("results").EnumerateArray());
    }

    [Fact]
    public async Task Batches_with_the_same_frames_in_opposite_order_never_deadlock()
    {
        async Task SendAsync(bool forwards, int round)
        {
            var frames = Enumerable.Range(0, 200).Select(index => Frame($"shared-{index}", ("branch", $"{forwards} {round}")));
            (await service.Client.PostFramesAsync(forwards ? frames : frames.Reverse())).Expect(200);
        }

        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(client => SendAsync(client % 2 == 0, round)));
            Assert.Equal(1, await service.ReadAsync<long>("SELECT count(DISTINCT branch) FROM batch.frame"));
        }

        Assert.Equal(200, await service.CountAsync("batch.frame"));
        Assert.Equal(0, await service.ReadAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Holds_values_of_every_allowed_size_and_finds_them()
    {
        var random = new Random(7);
        string Noise(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(0x4E00, 0x9FFF)));
        var (id, branch, jira, user, module) = (Noise(500), Noise(10_000), Noise(10_000), Noise(10_000), Noise(500));
        var frame = Frame(
            id,
            ("branch", branch), ("jira", jira), ("userId", user), ("module_scope", new JsonArray(module)), ("summary_caption", Noise(10_000)),
            ("keywords", new JsonArray([.. Enumerable.Range(0, 1_000).Select(_ => JsonValue.Create(Noise(500)))])));

        (await service.Client.PostFramesAsync([frame])).Expect(200);

        Assert.Equal(frame["keywords"]!.ToJsonString(), JsonNode.Parse((await service.Client.GetFramesAsync($"/frames/{Uri.EscapeDataString(id)}")).Expect(200).Text)!["keywords"]!.ToJsonString());
        Assert.Equal([id], (await service.Client.GetFramesAsync($"/frames?module={Uri.EscapeDataString(module)}")).Ids);
        Assert.Equal(1, (await service.Client.GetFramesAsync("/frames/stats")).Expect(200).Body.GetProperty("byUser").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"frames":[{"id":"a","id":"b"}]}""")]
    [InlineData("""{"frames":[{"id":"\ud800"}]}""")]
    [InlineData("""{"frames":[{"id":"a\u0000"}]}""")]
    [InlineData("""{"frames":[{"spend":{"prompts":NaN}}]}""")]
    [InlineData("""{"frames":[{"spend":{"prompts":1e999}}]}""")]
    public async Task Refuses_what_is_not_strict_JSON(string body) =>
        Assert.Equal("MALFORMED_JSON", (await service.Client.CallAsync(HttpMethod.Post, "/frames/batch", body)).Expect(400).Code);

    [Fact]
    public async Task Survives_unknown_fields_as_deep_as_JSON_may_be()
    {
        var deep = $"{new string('[', 61)}{new string(']', 61)}";

        (await service.Client.PostFramesAsync([Frame("a", ("deep", JsonNode.Parse(deep)))])).Expect(200);
    }
}
