using BatchService.DatabaseTests.Entities;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Jobs run as the database role that the token of their caller named, under the policies that hold for it.</summary>
public sealed class JobRoleTests(DatabaseRoleFixture service) : IClassFixture<DatabaseRoleFixture>
{
    private const string Content = "SELECT to_jsonb(t) FROM todo AS t ORDER BY id";

    [Fact]
    public async Task Operations_of_a_job_meet_the_policies_of_the_role_as_those_of_a_call()
    {
        using var client = As("alice", service.Member);
        var outcomes = await JobAgreement.AssertAsync(
            new JobsCaller(client, null),
            new JobAgreement.Call("/batch", "operations", """
                { "entity": "todo", "action": "read" },
                { "entity": "todo", "action": "create", "store_params": { "id": 10, "task": "t" } },
                { "entity": "todo", "action": "create", "store_params": { "id": 11, "owner": "bob" } },
                { "entity": "todo", "action": "update", "query_params": { "id": 2 }, "store_params": { "task": "x" } },
                { "entity": "todo", "action": "update", "query_params": { "id": 1 }, "store_params": { "owner": "bob" } },
                { "entity": "todo", "action": "delete", "query_params": { "id": 2 } }
                """),
            ResetAsync,
            () => service.TextAsync(Content));

        Assert.Equal(
            [
                "success", "success", "failed:ROW_SECURITY_VIOLATION", "failed:NOT_MODIFIED", "failed:ROW_SECURITY_VIOLATION", "failed:NOT_MODIFIED",
            ],
            outcomes.Select(outcome => outcome.Split(' ')[0]));
        Assert.DoesNotContain("B0B", outcomes[0], StringComparison.Ordinal);
        Assert.Equal($"alice{service.Member}", await service.TextAsync("SELECT owner || written_as FROM todo WHERE id = 10"));
    }

    [Fact]
    public async Task Rows_of_a_job_meet_the_policies_of_the_role_as_those_of_a_call()
    {
        using var client = As("alice", service.Member);
        var outcomes = await JobAgreement.AssertAsync(
            new JobsCaller(client, null),
            Create("""{ "id": 10, "task": "t" }, { "id": 11, "owner": "bob" }, { "id": 12, "task": "bad" }, { "id": 13 }"""),
            ResetAsync,
            () => service.TextAsync(Content));

        Assert.Equal(
            ["success", "failed:ROW_SECURITY_VIOLATION", "failed:CHECK_VIOLATION", "success"], outcomes.Select(outcome => outcome.Split(' ')[0]));
        Assert.Equal($"alice{service.Member}", await service.TextAsync("SELECT DISTINCT owner || written_as FROM todo WHERE id >= 10"));
    }

    [Fact]
    public async Task What_the_role_is_not_granted_fails_in_a_job_as_in_a_call()
    {
        using var client = As("alice", service.Guest);
        var outcomes = await JobAgreement.AssertAsync(
            new JobsCaller(client, null),
            new JobAgreement.Call("/batch", "operations", """
                { "entity": "todo", "action": "read" }, { "entity": "todo", "action": "create", "store_params": { "id": 10 } }
                """),
            ResetAsync,
            () => service.TextAsync(Content));
        var rows = await JobAgreement.AssertAsync(
            new JobsCaller(client, null), Create("""{ "id": 10 }, { "id": 11 }"""), ResetAsync, () => service.TextAsync(Content));

        Assert.Equal(["success", "failed:PERMISSION_DENIED"], outcomes.Select(outcome => outcome.Split(' ')[0]));
        Assert.Contains("public", outcomes[0], StringComparison.Ordinal);
        Assert.Equal(["failed:PERMISSION_DENIED", "failed:PERMISSION_DENIED"], rows.Select(outcome => outcome.Split(' ')[0]));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("stranger")]
    [InlineData("no_such_role")]
    [InlineData(null)]
    public async Task A_role_that_the_connection_may_not_take_is_refused_as_by_the_call(string? role)
    {
        using var client = As("alice", role == "stranger" ? service.Stranger : role);
        var caller = new JobsCaller(client, null);
        var read = """{ "entity": "todo", "action": "read" }""";
        var answers = new[]
        {
            await caller.PostAsync("/batch", $$"""{ "operations": [{{read}}] }"""),
            await caller.PostAsync("/batch", $$"""{ "operations": [{{read}}] }""", RowsClient.Json, ("Prefer", "respond-async")),
            await caller.PostAsync("/batch/jobs", $$"""{ "job_type": "operations", "items": [{{read}}] }"""),
            await caller.PostAsync("/batch/jobs", """{ "job_type": "rows", "items": [{ "id": 10 }], "options": { "entity": "todo", "action": "create" } }"""),
        };

        Assert.All(answers, answer => Assert.Equal((403, "PERMISSION_DENIED"), ((int)answer.Status, answer.Code)));
    }

    private static JobAgreement.Call Create(string items) =>
        new("/entities/todo/batch", "rows", items, "\"entity\": \"todo\", ", "\"action\": \"create\"");

    private HttpClient As(string subject, string? role) => service.With(TokenText.Of(
        ("sub", subject), ("role", role), ("scope", "batch:read batch:write batch:delete jobs:read jobs:write")));

    private Task ResetAsync() => service.Database.ExecuteAsync("DELETE FROM todo WHERE id > 3");
}
