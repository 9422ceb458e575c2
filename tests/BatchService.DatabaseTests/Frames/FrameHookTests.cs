using BatchService.Frames;
using Microsoft.Extensions.DependencyInjection;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary><c>onSuccess</c>: only after the commit, and never to the harm of what is committed.</summary>
public sealed class FrameHookTests(FrameHookTests.Service service) : IClassFixture<FrameHookTests.Service>, IAsyncLifetime
{
    private const string Atlas = """{ "onSuccess": ["atlas_rebuild"] }""";
    private const string Both = """{ "onSuccess": [{ "webhook": "http://127.0.0.1:9/hook" }, "atlas_rebuild"] }""";

    public async Task InitializeAsync()
    {
        service.AtlasFailure = null;
        service.AtlasBuilt = Task.CompletedTask;
        service.FramesAtRebuild.Clear();
        await service.ExecuteAsync("TRUNCATE batch.frame, batch.webhook");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Rebuilds_the_atlas_when_the_frames_are_committed()
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a"), Frame("b")], Atlas)).Expect(200);

        Assert.Equal("""[{"name":"atlas_rebuild","status":"completed"}]""", reply.Body.GetProperty("hooks").GetRawText());
        Assert.Equal([2L], service.FramesAtRebuild);
    }

    [Fact]
    public async Task Runs_hooks_of_an_empty_batch_too()
    {
        var reply = (await service.Client.PostFramesAsync([], Both)).Expect(200);

        Assert.Equal(
            """{"success":true,"count":0,"validationErrors":[],"results":[],"hooks":[{"name":"webhook","status":"scheduled"},{"name":"atlas_rebuild","status":"completed"}]}""",
            reply.Text);
        Assert.Equal([0L], service.FramesAtRebuild);
        Assert.Equal(1, await service.CountAsync("batch.webhook"));
    }

    [Fact]
    public async Task Puts_the_result_into_the_outbox_for_a_webhook()
    {
        (await service.Client.PostFramesAsync([Frame("a")], Both)).Expect(200);

        Assert.Equal(
            """http://127.0.0.1:9/hook frames.ingested {"success":true,"count":1,"validationErrors":[],"results":[{"id":"a","success":true}]}""",
            await service.ReadAsync<string>("SELECT url || ' ' || event || ' ' || convert_from(data, 'UTF8') FROM batch.webhook"));
    }

    [Fact]
    public async Task A_hook_that_fails_never_makes_the_batch_fail()
    {
        service.AtlasFailure = new InvalidOperationException("secret reason");

        var reply = (await service.Client.PostFramesAsync([Frame("a")], Atlas)).Expect(200);

        Assert.True(reply.Body.GetProperty("success").GetBoolean());
        Assert.Equal(
            """[{"name":"atlas_rebuild","status":"failed","error":"The atlas could not be rebuilt."}]""", reply.Body.GetProperty("hooks").GetRawText());
        Assert.Equal(1, await service.CountAsync("batch.frame"));
    }

    [Fact]
    public async Task A_rebuild_that_outlasts_the_deadline_of_the_call_is_told_as_scheduled()
    {
        var built = new TaskCompletionSource();
        service.AtlasBuilt = built.Task;

        var reply = (await service.Client.PostFramesAsync([Frame("a")], Atlas, ("Prefer", "wait=1"))).Expect(200);

        Assert.Equal("""[{"name":"atlas_rebuild","status":"scheduled"}]""", reply.Body.GetProperty("hooks").GetRawText());
        Assert.Equal([1L], service.FramesAtRebuild);
        built.SetResult();
    }

    [Theory]
    [InlineData("""{ "onSuccess": ["atlas_rebuild", { "webhook": "http://127.0.0.1:9" }] }""")]
    [InlineData("""{ "onSuccess": ["atlas_rebuild", { "webhook": "http://127.0.0.1:9" }], "preValidate": false }""")]
    public async Task Runs_no_hook_when_the_batch_is_refused(string options)
    {
        var reply = (await service.Client.PostFramesAsync([Frame("a", ("branch", 1))], options)).Expect(422);

        Assert.False(reply.Body.TryGetProperty("hooks", out _));
        Assert.Empty(service.FramesAtRebuild);
        Assert.Equal(0, await service.CountAsync("batch.webhook"));
    }

    [Fact]
    public async Task Rolls_the_outbox_back_with_the_frames()
    {
        await service.ExecuteAsync("ALTER TABLE batch.webhook ADD CONSTRAINT nothing CHECK (false) NOT VALID");
        FramesReply reply;
        try
        {
            reply = await service.Client.PostFramesAsync([Frame("a")], Both);
        }
        finally
        {
            await service.ExecuteAsync("ALTER TABLE batch.webhook DROP CONSTRAINT nothing");
        }

        Assert.False(reply.Expect(422).Body.GetProperty("success").GetBoolean());
        Assert.NotNull(reply.Body.GetProperty("storeError").GetString());
        Assert.Equal(0, await service.CountAsync("batch.frame"));
        Assert.Empty(service.FramesAtRebuild);
    }

    [Fact]
    public async Task Replays_what_became_of_the_hooks_rebuilds_again_and_sends_no_second_webhook()
    {
        var first = (await service.Client.PostFramesAsync([Frame("a")], Both, ("Idempotency-Key", "hooks"))).Expect(200);
        var again = (await service.Client.PostFramesAsync([Frame("a")], Both, ("Idempotency-Key", "hooks"))).Expect(200);

        Assert.Contains("\"completed\"", first.Text, StringComparison.Ordinal);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Assert.Equal(1, await service.CountAsync("batch.webhook"));
        // The first request might have died between its commit and its rebuild.
        Assert.Equal([1L, 1L], service.FramesAtRebuild);
    }

    /// <summary>With an atlas that counts what it sees, from a connection of its own, and an outbox whose messages meet a closed port.</summary>
    public sealed class Service : FramesFixture
    {
        internal Exception? AtlasFailure { get; set; }

        /// <summary>How long a rebuild takes.</summary>
        internal Task AtlasBuilt { get; set; } = Task.CompletedTask;

        internal List<long> FramesAtRebuild { get; } = [];

        protected override void ConfigureServices(IServiceCollection services) => services
            .AddSingleton<AtlasRebuildRequest>(RebuildAsync);

        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Webhooks:Secret"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
            settings["Webhooks:AllowLoopback"] = "true";
        }

        private async Task<bool> RebuildAsync(CancellationToken cancellationToken)
        {
            if (AtlasFailure is { } failure)
                throw failure;
            FramesAtRebuild.Add(await CountAsync("batch.frame"));
            await AtlasBuilt;
            return true;
        }
    }
}
