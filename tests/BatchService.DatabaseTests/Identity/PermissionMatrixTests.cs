using BatchService.DatabaseTests.Entities;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Entity × role × action, through every door: what is not granted is refused with 403 and leaves nothing behind.</summary>
public sealed class PermissionMatrixTests(IdentityFixture service) : IClassFixture<IdentityFixture>, IAsyncLifetime
{
    /// <summary>Entity, roles, and the actions that they grant.</summary>
    private static readonly (string Entity, string Roles, string Granted)[] s_matrix =
    [
        ("customer", "", ""),
        ("customer", "stranger", ""),
        ("customer", "reader", "read assert"),
        ("customer", "clerk", "create read update delete upsert assert"),
        ("customer", "auditor", "read"),
        ("customer", "creator", "create"),
        ("customer", "eraser", "delete"),
        ("customer", "mender", "update"),
        ("customer", "checker", "assert"),
        ("customer", "merger", "upsert"),
        ("customer", "reader,creator,eraser", "create read delete assert"),
        ("customer", "Reader", ""),
        ("invoice", "", "read"),
        ("invoice", "stranger", "read"),
        ("invoice", "clerk", "create read update delete"),
        ("payroll", "clerk", ""),
        ("payroll", "boss", "read"),
        ("sealed_box", "clerk,boss,auditor", ""),
        ("misfiltered", "clerk", ""),
        ("plain", "", "create read update delete upsert assert"),
    ];

    private static readonly string[] s_actions = ["create", "read", "update", "delete", "upsert", "assert"];

    public static TheoryData<string, string, string, bool> Cells()
    {
        var cells = new TheoryData<string, string, string, bool>();
        foreach (var (entity, roles, granted) in s_matrix)
        {
            foreach (var action in s_actions)
            {
                cells.Add(entity, roles, action, granted.Split(' ').Contains(action, StringComparer.Ordinal));
            }
        }

        return cells;
    }

    public Task InitializeAsync() => service.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_batch_of_operations_is_refused_or_run(string entity, string roles, string action, bool granted)
    {
        using var client = ClientOf(roles);
        var before = await ContentAsync(entity);

        foreach (var options in new[] { "{}", """{ "validateOnly": "static" }""", """{ "validateOnly": "execute" }""", """{ "atomic": false }""" })
        {
            var answer = await client.BatchAsync($$"""{ "operations": [ {{OperationOf(entity, action)}} ], "options": {{options}} }""");

            if (granted)
            {
                Assert.True(answer.Status == 200, $"{options}: {answer.Text}");
                await service.ResetAsync();
                continue;
            }

            Assert.True(answer.Status is 403 or 207 || options.Contains("static", StringComparison.Ordinal), answer.Text);
            Assert.Equal("PERMISSION_DENIED", answer.Code);
            Assert.Equal("/operations/0/entity", answer.Pointer);
            Assert.Equal(before, await ContentAsync(entity));
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Rows_in_json_lines_and_csv_are_refused_or_written(string entity, string roles, string action, bool granted)
    {
        if (action is "read" or "assert")
        {
            return;
        }

        using var client = ClientOf(roles);
        var before = await ContentAsync(entity);
        var (json, header, csv) = RowOf(entity, action);
        var conflict = action == "upsert" && entity == "customer" ? "&on_conflict=email" : "";
        var option = conflict.Length > 0 ? """, "options": { "on_conflict": { "columns": ["email"] } }""" : "";
        foreach (var mode in new[] { "", "&atomic=false", "&validateOnly=execute" })
        {
            await CheckAsync(await client.PostTextAsync($"{entity}?action={action}{conflict}{mode}", json + "\n", RowsClient.Ndjson));
            await CheckAsync(await client.PostTextAsync($"{entity}?action={action}{conflict}{mode}", $"{header}\n{csv}\n", RowsClient.Csv));
        }

        await CheckAsync(await client.PostTextAsync(entity, $$"""{ "action": "{{action}}", "items": [ {{json}} ]{{option}} }""", RowsClient.Json));

        async Task CheckAsync(RowsAnswer answer)
        {
            Assert.True((int)answer.Status == (granted ? 200 : 403), answer.Text);
            if (granted)
            {
                await service.ResetAsync();
                return;
            }

            Assert.Equal("PERMISSION_DENIED", answer.Code);
            Assert.Equal(before, await ContentAsync(entity));
        }
    }

    [Fact]
    public async Task Every_refusal_is_reported_before_anything_is_written()
    {
        using var client = ClientOf("reader");

        var answer = await client.ManyAsync(
            """{ "entity": "plain", "action": "create", "store_params": { "name": "left behind" } }""",
            """{ "entity": "customer", "action": "create", "store_params": { "name": "x", "tenant": "red" } }""",
            """{ "entity": "customer", "action": "delete", "query_params": { "customer_id": 1 } }""",
            """{ "entity": "nothing", "action": "read" }""",
            """{ "entity": "payroll", "action": "read" }""");

        Assert.Equal(
            ["PERMISSION_DENIED /operations/1/entity", "PERMISSION_DENIED /operations/2/entity", "ENTITY_UNKNOWN /operations/3/entity", "PERMISSION_DENIED /operations/4/entity"],
            answer.Problems);
        Assert.Equal("open", await service.TextAsync("SELECT name FROM plain"));
    }

    [Theory]
    [InlineData("batch:read", "read assert")]
    [InlineData("batch:write", "create update upsert")]
    [InlineData("batch:delete", "delete")]
    [InlineData("batch:read:plain", "read assert")]
    [InlineData("batch:write:plain", "create update upsert")]
    [InlineData("batch:delete:plain", "delete")]
    [InlineData("batch:write:customer", "")]
    [InlineData("batch:admin", "")]
    [InlineData("frames:read frames:write", "")]
    [InlineData("", "")]
    public async Task A_scope_opens_its_actions_and_no_other(string scope, string granted)
    {
        using var client = service.With(TokenText.Of(("scope", scope)));
        foreach (var action in s_actions)
        {
            var answer = await client.OneAsync(OperationOf("plain", action));

            Assert.True(answer.Status == (granted.Split(' ').Contains(action) ? 200 : 403), $"{scope} {action}: {answer.Text}");
            await service.ResetAsync();
        }
    }

    private HttpClient ClientOf(string roles) => service.As(roles.Split(',', StringSplitOptions.RemoveEmptyEntries));

    private Task<string> ContentAsync(string entity) => service.TextAsync($"SELECT e FROM {entity} AS e ORDER BY e::text");

    private static string OperationOf(string entity, string action)
    {
        var conflict = action == "upsert" && entity == "customer" ? """, "metadata_params": { "on_conflict": { "columns": ["email"] } }""" : "";
        var body = action switch
        {
            "create" or "upsert" => $$"""
                , "store_params": {{RowOf(entity, action).Json}}{{conflict}}
                """,
            "update" => $$"""
                , "query_params": { "{{entity}}_id": 1 }, "store_params": { "{{ValueOf(entity)}}": {{(entity == "invoice" ? "5" : "\"x\"")}} }
                """,
            "delete" => $$"""
                , "query_params": { "{{entity}}_id": {{(entity == "customer" ? 4 : 1)}} }, "metadata_params": { "expect_affected": "any" }
                """,
            "assert" => $$"""
                , "query_params": { "{{entity}}_id": 1 }
                """,
            _ => "",
        };
        return $$"""{ "entity": "{{entity}}", "action": "{{action}}"{{body}} }""";
    }

    private static string ValueOf(string entity) => entity switch { "invoice" => "total", "customer" or "plain" => "name", _ => $"{entity}_id" };

    /// <summary>A row as JSON, and as the header and the record of a CSV body.</summary>
    private static (string Json, string Header, string Csv) RowOf(string entity, string action) => (entity, action) switch
    {
        ("customer", "create") => ("""{ "tenant": "red", "name": "New" }""", "tenant,name", "red,New"),
        ("customer", "upsert") => ("""{ "tenant": "red", "name": "New", "email": "ann@red" }""", "tenant,name,email", "red,New,ann@red"),
        ("customer", "update") => ("""{ "customer_id": 1, "name": "New" }""", "customer_id,name", "1,New"),
        ("customer", _) => ("""{ "customer_id": 4 }""", "customer_id", "4"),
        ("invoice", "create") => ("""{ "customer_id": 1, "tenant": "red", "total": 5 }""", "customer_id,tenant,total", "1,red,5"),
        ("invoice", "update") => ("""{ "invoice_id": 1, "total": 5 }""", "invoice_id,total", "1,5"),
        ("plain", "create") => ("""{ "name": "New" }""", "name", "New"),
        ("plain", "upsert") => ("""{ "plain_id": 1, "name": "New" }""", "plain_id,name", "1,New"),
        ("plain", "update") => ("""{ "plain_id": 1, "name": "New" }""", "plain_id,name", "1,New"),
        _ => ($$"""{ "{{entity}}_id": 1 }""", $"{entity}_id", "1"),
    };
}
