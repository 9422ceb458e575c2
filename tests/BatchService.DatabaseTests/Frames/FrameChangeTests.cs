using System.Text.Json.Nodes;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary><c>PATCH</c>, <c>DELETE</c> and <c>POST /frames/validate</c>.</summary>
public sealed class FrameChangeTests(FramesFixture service) : IClassFixture<FramesFixture>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await service.ExecuteAsync("TRUNCATE batch.frame");
        (await service.Client.PostFramesAsync(
            [Frame("a", ("jira", "X-1"), ("keywords", new JsonArray("alpha")), ("spend", JsonNode.Parse("""{ "prompts": 1, "tokens_estimated": 2 }""")))])).Expect(200);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Merges_a_patch_and_answers_with_the_frame()
    {
        var reply = await PatchAsync("""{ "branch": "next", "jira": null, "spend": { "prompts": 5 }, "keywords": ["beta"], "mood": 1, "id": "a" }""");

        var expected = Frame("a", ("branch", "next"), ("keywords", new JsonArray("beta")), ("spend", JsonNode.Parse("""{"prompts":5,"tokens_estimated":2}""")));
        Assert.Equal(expected.ToJsonString(), reply.Expect(200).Text);
        Assert.Equal(reply.Text, (await service.Client.GetFramesAsync("/frames/a")).Text);
        Assert.Equal(["a"], (await service.Client.GetFramesAsync("/frames?query=beta&branch=next")).Ids);
        Assert.Empty((await service.Client.GetFramesAsync("/frames?query=alpha")).Ids);
        Assert.Empty((await service.Client.GetFramesAsync("/frames?jira=X-1")).Ids);
    }

    [Theory]
    [InlineData("""{ "branch": null }""", "/branch", "branch: Missing required field 'branch'")]
    [InlineData("""{ "keywords": ["a", 1] }""", "/keywords/1", "keywords[1]: Must be a string")]
    [InlineData("""{ "status_snapshot": { "next_action": null } }""", "/status_snapshot/next_action", "status_snapshot.next_action: Missing required field 'next_action'")]
    [InlineData("""{ "capabilityTier": "boss" }""", "/capabilityTier", "capabilityTier: Must be one of: senior, mid, junior")]
    [InlineData("""{ "id": "b" }""", "/id", "id: The id of a frame cannot change")]
    public async Task Refuses_a_patch_that_leaves_an_invalid_frame_and_changes_nothing(string patch, string place, string detail)
    {
        var before = (await service.Client.GetFramesAsync("/frames/a")).Text;

        var reply = (await PatchAsync(patch)).Expect(422);

        Assert.Equal("VALIDATION_FAILED", reply.Code);
        var error = Assert.Single(reply.Body.GetProperty("errors").EnumerateArray());
        Assert.Equal((place, detail), (error.GetProperty("pointer").GetString(), error.GetProperty("detail").GetString()));
        Assert.Equal(before, (await service.Client.GetFramesAsync("/frames/a")).Text);
    }

    [Fact]
    public async Task Refuses_to_take_the_id_away() => (await PatchAsync("""{ "id": null }""")).Expect(422);

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("null")]
    public async Task Refuses_a_patch_that_is_no_object(string patch) => Assert.Equal("FIELD_INVALID", (await PatchAsync(patch)).Expect(400).Code);

    [Fact]
    public async Task Keeps_every_change_of_patches_at_the_same_time()
    {
        string[] fields = ["jira", "runId", "planHash", "userId", "executorRole", "guardrailProfile", "atlas_frame_id", "superseded_by"];

        await Task.WhenAll(fields.Select(async name => (await PatchAsync($$"""{ "{{name}}": "{{name}}" }""")).Expect(200)));

        var frame = (await service.Client.GetFramesAsync("/frames/a")).Body;
        Assert.All(fields, name => Assert.Equal(name, frame.GetProperty(name).GetString()));
    }

    [Fact]
    public async Task Answers_404_for_a_frame_that_is_not_there()
    {
        Assert.Equal("NOT_FOUND", (await service.Client.CallAsync(HttpMethod.Patch, "/frames/none", "{}")).Expect(404).Code);
        Assert.Equal("NOT_FOUND", (await service.Client.CallAsync(HttpMethod.Delete, "/frames/none")).Expect(404).Code);
    }

    [Fact]
    public async Task Removes_a_frame_once_and_replays_that_under_a_key()
    {
        var first = (await service.Client.CallAsync(HttpMethod.Delete, "/frames/a", null, ("Idempotency-Key", "delete"))).Expect(204);
        var again = (await service.Client.CallAsync(HttpMethod.Delete, "/frames/a", null, ("Idempotency-Key", "delete"))).Expect(204);

        Assert.Equal(("", "", "true"), (first.Text, again.Text, again.Header("Idempotent-Replayed")));
        (await service.Client.CallAsync(HttpMethod.Delete, "/frames/a")).Expect(404);
        Assert.Equal(0, await service.CountAsync("batch.frame"));
    }

    [Theory]
    [InlineData("""{ "id": 3 }""", false)]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    public async Task Validates_a_frame_and_always_answers_200(string frame, bool valid)
    {
        var reply = (await service.Client.CallAsync(HttpMethod.Post, "/frames/validate", frame)).Expect(200);

        Assert.Equal(valid, reply.Body.GetProperty("valid").GetBoolean());
        Assert.NotEmpty(reply.Body.GetProperty("errors").EnumerateArray());
    }

    [Fact]
    public async Task Validates_without_writing()
    {
        var reply = (await service.Client.CallAsync(HttpMethod.Post, "/frames/validate", Frame("new", ("mood", 1)).ToJsonString())).Expect(200);

        Assert.Equal("""{"valid":true,"errors":[],"warnings":[{"path":"mood","message":"Unknown field 'mood' will be ignored"}]}""", reply.Text);
        (await service.Client.GetFramesAsync("/frames/new")).Expect(404);
    }

    private Task<FramesReply> PatchAsync(string patch) => service.Client.CallAsync(HttpMethod.Patch, "/frames/a", patch);
}
