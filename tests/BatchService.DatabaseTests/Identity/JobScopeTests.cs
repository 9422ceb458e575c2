using System.Text.Json;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>A job needs the scopes of what it does, as the call that does it at once.</summary>
public sealed class JobScopeTests(IdentityFixture service) : IClassFixture<IdentityFixture>, IAsyncLifetime
{
    private const string Jobs = "jobs:read jobs:write";

    private static readonly (string, string) s_later = ("Prefer", "respond-async");

    public Task InitializeAsync() => service.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("", "atomic", 403)]
    [InlineData("batch:read", "atomic", 403)]
    [InlineData("", "best effort", 403)]
    [InlineData("batch:read", "best effort", 202)]
    [InlineData("batch:read batch:write", "atomic", 202)]
    public async Task A_job_of_operations_is_refused_where_it_could_do_nothing(string scopes, string mode, int status)
    {
        using var client = service.With(TokenText.Of(("scope", $"{Jobs} {scopes}")));
        var caller = new JobsCaller(client, null);
        object[] operations =
        [
            new { entity = "plain", action = "create", store_params = new { name = "job" } },
            new { entity = "plain", action = "read" },
            new { entity = "plain", action = "update", query_params = new { name = "job" }, store_params = new { name = "run" } },
        ];
        var options = new { atomic = mode == "atomic", continueOnError = true };
        var now = await caller.PostAsync("/batch", JsonSerializer.Serialize(new { operations, options }));
        await service.ResetAsync();
        var calls = new[]
        {
            await caller.PostAsync("/batch", JsonSerializer.Serialize(new { operations, options }), RowsClient.Json, s_later),
            await caller.SubmitAsync(new { job_type = "operations", items = operations, options }),
        };

        Assert.All(calls, answer => Assert.Equal(status, (int)answer.Status));
        if (status == 403)
        {
            var refused = scopes.Length == 0 ? 3 : 2;
            Assert.All(calls, answer => Assert.Equal(
                Enumerable.Repeat("PERMISSION_DENIED", refused), answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.Text("code"))));
            if (mode == "atomic")
                Assert.Equal(now.Root.GetProperty("problems").GetRawText(), calls[0].Root.GetProperty("errors").GetRawText());
            Assert.Equal("open", await service.TextAsync("SELECT name FROM plain"));
            return;
        }

        foreach (var accepted in calls)
        {
            await caller.EndAsync(JobsCaller.IdOf(accepted));
            var expected = mode == "atomic" ? "success success success" : "failed:PERMISSION_DENIED success failed:PERMISSION_DENIED";
            Assert.Equal(expected, await caller.OutcomesAsync(JobsCaller.IdOf(accepted)));
        }
    }

    [Theory]
    [InlineData("rows", "batch:write", """{ "name": "job" }""", """{ "entity": "plain", "action": "create" }""")]
    [InlineData("attestations", "attestations:write", """{ "subjects": ["ann"] }""")]
    [InlineData("attestation_query", "attestations:read", "{}")]
    [InlineData("attestation_delete", "attestations:delete", """{ "id": "nobody" }""")]
    [InlineData("frames", "frames:write", "{}")]
    [InlineData("enrollment", "devices:write", "{}")]
    [InlineData("proof_lock", "proofs:write", "{}")]
    [InlineData("query", "proofs:read", "{}")]
    public async Task A_job_needs_the_scope_of_the_call_that_does_it_at_once(string type, string scope, string item, string options = "{}")
    {
        using var without = service.With(TokenText.Of(("scope", Jobs)));
        using var with = service.With(TokenText.Of(("scope", $"{Jobs} {scope}")));
        var body = $$"""{ "job_type": "{{type}}", "items": [{{item}}], "options": {{options}} }""";

        var refused = await new JobsCaller(without, null).PostAsync("/batch/jobs", body);
        var accepted = await new JobsCaller(with, null).PostAsync("/batch/jobs", body);

        Assert.Equal((403, "PERMISSION_DENIED"), ((int)refused.Status, refused.Code));
        Assert.Equal((202, ""), ((int)accepted.Status, (int)accepted.Status == 202 ? "" : accepted.Text));
    }

    [Fact]
    public async Task A_device_is_shown_to_none_that_may_not_read_devices()
    {
        object[] items = [new { device_id = "nobody" }, new { record_id = Guid.CreateVersion7() }, new { content_hash = $"sha256:{new string('a', 64)}" }];
        using var without = service.With(TokenText.Of(("scope", $"{Jobs} proofs:read")));
        using var with = service.With(TokenText.Of(("scope", $"{Jobs} proofs:read devices:read")));
        var (stranger, reader) = (new JobsCaller(without, null), new JobsCaller(with, null));
        var body = JsonSerializer.Serialize(new { items });

        var refused = await stranger.PostAsync("/proofs/query/batch", body);
        Assert.Equal((207, "failed completed completed"), ((int)refused.Status, refused.Statuses));
        Assert.Equal(("PERMISSION_DENIED", "/items/0/device_id"), (refused.Results[0].Text("code"), refused.Results[0].Text("pointer")));
        Assert.Equal(200, (int)(await reader.PostAsync("/proofs/query/batch", body)).Status);

        const string Denied = "failed:PERMISSION_DENIED success success";
        Assert.Equal(Denied, await stranger.OutcomesAsync(await stranger.RanAsync(new { job_type = "query", items })));
        Assert.Equal("success success success", await reader.OutcomesAsync(await reader.RanAsync(new { job_type = "query", items })));
    }
}
