using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>With a token, <c>user_id</c> may only say what the token says.</summary>
public sealed class JobUserIdTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private const string Submission = """{ "job_type": "rows", "items": [{ "name": "by user_id" }], "options": { "entity": "plain", "action": "create" } }""";

    [Fact]
    public async Task Another_user_than_the_tokens_is_refused_on_every_route_of_jobs()
    {
        using var client = service.With(TokenText.Of(("sub", "alice"), ("scope", "batch:write jobs:read jobs:write jobs:delete")));
        var alice = new JobsCaller(client, "alice");
        var bob = new JobsCaller(client, "bob");
        var id = await alice.RanAsync(System.Text.Json.JsonElement.Parse(Submission));
        var answers = new List<RowsAnswer>
        {
            await bob.PostAsync("/batch/jobs", Submission),
            await bob.PostAsync("/batch/jobs?job_type=rows&entity=plain&action=create", "{\"name\":\"by user_id\"}\n", RowsClient.Ndjson),
            await bob.GetAsync("/batch/jobs"),
            await bob.PostAsync($"/batch/jobs/{id}/cancel", ""),
            await bob.PostAsync($"/batch/jobs/{id}/retry", """{ "only": "failed" }"""),
            await bob.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}"),
        };
        foreach (var rest in new[] { "", "/items", "/results", "/events" })
        {
            answers.Add(await bob.GetAsync($"/batch/jobs/{id}{rest}"));
        }

        Assert.All(answers, answer => Assert.Equal((403, "PERMISSION_DENIED"), ((int)answer.Status, answer.Code)));
        Assert.Equal("completed", (await alice.StatusAsync(id)).Text("status"));
        Assert.Equal("alice", await service.TextAsync("SELECT DISTINCT caller FROM batch.job"));
        Assert.Equal("1", await service.TextAsync("SELECT count(*) FROM plain WHERE name = 'by user_id'"));
        Assert.Equal(204, (int)(await alice.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%0A")]
    [InlineData("Alice")]
    [InlineData("alice&user_id=bob")]
    public async Task What_is_no_name_or_not_quite_the_tokens_is_refused(string user)
    {
        using var client = service.With(TokenText.Of(("sub", "alice"), ("scope", "jobs:read")));
        var answer = await new JobsCaller(client, user).GetAsync("/batch/jobs");

        Assert.True((int)answer.Status is 400 or 403, answer.Text);
    }
}
