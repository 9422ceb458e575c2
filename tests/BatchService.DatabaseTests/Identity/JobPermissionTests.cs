using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>A job may do what its caller may do, and sees what its caller sees: the same items, at once and as a job, come to the same.</summary>
public sealed class JobPermissionTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private const string Content = "SELECT to_jsonb(c) FROM customer AS c ORDER BY customer_id";

    /// <summary>What no clerk of tenant red may see.</summary>
    private static readonly string[] s_hidden = ["S3CRET", "mine", "salary", "111", "333", "BLUE", "margin", "987", "555"];

    [Fact]
    public async Task Operations_of_a_job_are_refused_filtered_and_stripped_as_those_of_a_call()
    {
        using var client = As("clerk");
        var outcomes = await OperationsAsync(client, """
            { "entity": "customer", "action": "read" },
            { "entity": "invoice", "action": "read" },
            { "entity": "payroll", "action": "read" },
            { "entity": "customer", "action": "read", "metadata_params": { "properties": "salary" } },
            { "entity": "customer", "action": "create", "store_params": { "customer_id": 21, "tenant": "red", "name": "New", "secret": "mine" } },
            { "entity": "customer", "action": "create", "store_params": { "customer_id": 22, "tenant": "blue" } },
            { "entity": "customer", "action": "create", "store_params": { "customer_id": 23, "tenant": "red", "salary": 1 } },
            { "entity": "customer", "action": "create", "store_params": { "customer_id": 24, "tenant": "red", "secret": "S3CRET-3" } },
            { "entity": "customer", "action": "update", "query_params": { "customer_id": "in::1,3" }, "store_params": { "note": "x" } },
            { "entity": "customer", "action": "update", "query_params": { "customer_id": 3 }, "store_params": { "note": "x" } },
            { "entity": "customer", "action": "delete", "query_params": { "customer_id": 3 } },
            { "entity": "customer", "action": "assert", "metadata_params": { "expect": 4 } }
            """);

        Assert.Equal(
            [
                "success", "success", "failed:PERMISSION_DENIED", "failed:COLUMN_UNKNOWN", "success", "failed:PERMISSION_DENIED", "failed:COLUMN_UNKNOWN",
                "failed:UNIQUE_VIOLATION", "success", "failed:NOT_MODIFIED", "failed:NOT_MODIFIED", "success",
            ],
            outcomes.Select(outcome => outcome.Split(' ')[0]));
        Assert.Equal([1, 2, 4], JsonElement.Parse(outcomes[0].Split(' ', 2)[1]).EnumerateArray().Select(row => row.Number("customer_id")));
        Assert.All(outcomes, outcome => Assert.DoesNotContain(s_hidden, hidden => outcome.Contains(hidden, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(
        "create",
        """{ "customer_id": 31, "tenant": "red", "secret": "mine" }, { "customer_id": 32, "tenant": "blue" }, { "customer_id": 33, "tenant": "red", "salary": 1 }, { "customer_id": 34, "tenant": "red", "secret": "forbidden" }""",
        "success failed:PERMISSION_DENIED failed:COLUMN_UNKNOWN failed:CHECK_VIOLATION")]
    [InlineData(
        "update",
        """{ "customer_id": 1, "note": "x" }, { "customer_id": 3, "note": "x" }, { "customer_id": 2, "tenant": "blue" }, { "customer_id": 4, "salary": 1 }""",
        "success failed:NOT_MODIFIED failed:PERMISSION_DENIED failed:COLUMN_UNKNOWN")]
    [InlineData("upsert", """{ "customer_id": 1, "tenant": "red", "note": "x" }, { "customer_id": 3, "tenant": "red" }""", "success failed:PERMISSION_DENIED")]
    [InlineData("delete", """{ "customer_id": 4 }, { "customer_id": 3 }""", "success failed:NOT_MODIFIED")]
    public async Task Rows_of_a_job_are_refused_filtered_and_stripped_as_those_of_a_call(string action, string items, string expected)
    {
        using var client = As("clerk");
        var outcomes = await RowsAsync(client, action, items);

        Assert.Equal(expected, string.Join(' ', outcomes.Select(outcome => outcome.Split(' ')[0])));
        Assert.All(outcomes, outcome => Assert.DoesNotContain(s_hidden, hidden => outcome.Contains(hidden, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("reader", "create", """{ "tenant": "red", "name": "x" }""")]
    [InlineData("reader", "delete", """{ "customer_id": 1 }""")]
    [InlineData("", "create", """{ "tenant": "red", "name": "x" }""")]
    [InlineData("creator", "update", """{ "customer_id": 1, "name": "x" }""")]
    public async Task A_job_of_rows_whose_action_no_role_grants_is_refused_as_the_call(string role, string action, string item)
    {
        using var client = As(role);
        var caller = new JobsCaller(client, null);
        await service.ResetAsync();
        var before = await service.TextAsync(Content);
        var body = $$"""{ "action": "{{action}}", "items": [{{item}}] }""";
        var answers = new[]
        {
            await caller.PostAsync("/entities/customer/batch", body),
            await caller.PostAsync("/entities/customer/batch", body, RowsClient.Json, ("Prefer", "respond-async")),
            await caller.PostAsync("/batch/jobs", $$"""{ "job_type": "rows", "items": [{{item}}], "options": { "entity": "customer", "action": "{{action}}" } }"""),
        };

        Assert.All(answers, answer => Assert.Equal((403, "PERMISSION_DENIED"), ((int)answer.Status, answer.Code)));
        Assert.Equal(before, await service.TextAsync(Content));
    }

    [Fact]
    public async Task A_job_runs_with_all_claims_that_its_caller_came_with()
    {
        using var client = service.With(TokenText.Of(("tenant", "red"), ("deep", JsonNode.Parse("""{"a":[1,null,"ü"]}""")), ("scope", Scopes), ("exp", Exp)));
        const string Claims = "SELECT jsonb_build_array(claims, sub) FROM claim_log ORDER BY claim_log_id";
        var outcomes = await OperationsAsync(client, """{ "entity": "claim_log", "action": "create", "store_params": { "note": "n" } }""", Claims);
        await RowsAsync(client, "create", """{ "note": "n" }""", Claims, "claim_log");

        Assert.Contains("""{"a": [1, null, "ü"]}""", await service.TextAsync(Claims), StringComparison.Ordinal);
        Assert.StartsWith("success", Assert.Single(outcomes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operations_of_a_job_are_narrowed_by_their_own_claims_as_those_of_a_call()
    {
        using var client = As("clerk", "auditor");
        var outcomes = await OperationsAsync(client, """
            { "entity": "customer", "action": "read", "metadata_params": { "properties": "customer_id,salary" } },
            { "entity": "customer", "action": "read", "claims": { "roles": ["clerk"] }, "metadata_params": { "properties": "customer_id,name" } },
            { "entity": "customer", "action": "read", "claims": { "roles": ["clerk"] }, "metadata_params": { "properties": "salary" } },
            { "entity": "customer", "action": "create", "claims": { "roles": ["auditor"] }, "store_params": { "customer_id": 41, "tenant": "red" } },
            { "entity": "customer", "action": "create", "claims": { "scope": "batch:read" }, "store_params": { "customer_id": 42, "tenant": "red" } },
            { "entity": "customer", "action": "create", "claims": { "tenant": "red" }, "store_params": { "customer_id": 43, "tenant": "red" } }
            """);

        Assert.Equal(
            ["success", "success", "failed:COLUMN_UNKNOWN", "failed:PERMISSION_DENIED", "failed:PERMISSION_DENIED", "success"],
            outcomes.Select(outcome => outcome.Split(' ')[0]));
        Assert.Contains("333", outcomes[0], StringComparison.Ordinal);
        Assert.DoesNotContain("BLUE", outcomes[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "roles": ["clerk", "auditor"] }""")]
    [InlineData("""{ "tenant": "blue" }""")]
    [InlineData("""{ "sub": "bob" }""")]
    public async Task A_job_with_claims_that_are_wider_than_the_callers_is_refused_as_a_whole(string claims)
    {
        using var client = As("clerk");
        var caller = new JobsCaller(client, null);
        await service.ResetAsync();
        var operations = $$"""
            { "entity": "plain", "action": "create", "store_params": { "name": "left behind" } },
            { "entity": "customer", "action": "read", "claims": {{claims}} }
            """;
        var answers = new[]
        {
            await caller.PostAsync("/batch", $$"""{ "operations": [{{operations}}] }"""),
            await caller.PostAsync("/batch", $$"""{ "operations": [{{operations}}] }""", RowsClient.Json, ("Prefer", "respond-async")),
            await caller.PostAsync("/batch/jobs", $$"""{ "job_type": "operations", "items": [{{operations}}] }"""),
        };

        Assert.All(answers, answer => Assert.Equal((403, "CLAIMS_NOT_ALLOWED"), ((int)answer.Status, answer.Code)));
        Assert.Equal(Pointers(answers[0]), Pointers(answers[1]));
        Assert.Equal(Pointers(answers[0]).Select(pointer => pointer.Replace("/operations/", "/items/", StringComparison.Ordinal)), Pointers(answers[2]));
        Assert.Equal("open", await service.TextAsync("SELECT name FROM plain"));
        Assert.Equal(0, (await caller.GetAsync("/batch/jobs?status=pending")).Root.GetProperty("jobs").GetArrayLength());

        static IEnumerable<string> Pointers(RowsAnswer answer) =>
            answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")!);
    }

    private const string Scopes = "batch:read batch:write batch:delete jobs:read jobs:write";

    /// <summary>The same in all tokens of a test, which are compared.</summary>
    private static long Exp { get; } = TokenText.Now(TimeSpan.FromHours(1));

    private HttpClient As(params string[] roles) => service.With(TokenText.Of(
        ("roles", new JsonArray([.. roles.Select(role => (JsonNode)role)])), ("tenant", "red"), ("scope", Scopes)));

    private Task<IReadOnlyList<string>> OperationsAsync(HttpClient client, string operations, string content = Content) => JobAgreement.AssertAsync(
        new JobsCaller(client, null), new JobAgreement.Call("/batch", "operations", operations), service.ResetAsync, () => service.TextAsync(content));

    private Task<IReadOnlyList<string>> RowsAsync(
        HttpClient client, string action, string items, string content = Content, string entity = "customer") => JobAgreement.AssertAsync(
        new JobsCaller(client, null),
        new JobAgreement.Call($"/entities/{entity}/batch", "rows", items, $"\"entity\": \"{entity}\", ", $"\"action\": \"{action}\""),
        service.ResetAsync,
        () => service.TextAsync(content));
}
