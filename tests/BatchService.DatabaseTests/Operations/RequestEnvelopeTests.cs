namespace BatchService.DatabaseTests.Operations;

/// <summary>The shape of the request: what is wrong with it is a 400 that names every fault, and nothing runs.</summary>
public sealed class RequestEnvelopeTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Good = """{ "id": "good", "entity": "genre", "action": "create", "store_params": { "name": "Envelope" } }""";

    public static TheoryData<string, string, string, string> Faults { get; } = new()
    {
        { """{ "operations": [] }""", "BATCH_EMPTY", "/operations", "Batch request must contain at least one operation" },
        { """{ "operations": null }""", "BATCH_EMPTY", "/operations", "Batch request must contain at least one operation" },
        { "{}", "BATCH_EMPTY", "/operations", "Batch request must contain at least one operation" },
        { """{ "operations": {} }""", "FIELD_INVALID", "/operations", "'operations' must be an array" },
        { "[]", "FIELD_INVALID", "", "The body must be a JSON object" },
        { $$"""{ "operations": [{{Good}}], "transaction": true }""", "FIELD_UNKNOWN", "/transaction", "Unknown field 'transaction'" },
        { $$"""{ "operations": [{{Good}}], "options": [] }""", "FIELD_INVALID", "/options", "'options' must be an object" },
        { $$"""{ "operations": [{{Good}}], "options": { "continue_on_error": true } }""", "FIELD_UNKNOWN", "/options/continue_on_error", "Unknown option 'continue_on_error'" },
        { $$"""{ "operations": [{{Good}}], "options": { "Atomic": true } }""", "FIELD_UNKNOWN", "/options/Atomic", "Unknown option 'Atomic'" },
        { $$"""{ "operations": [{{Good}}], "options": { "atomic": "true" } }""", "FIELD_INVALID", "/options/atomic", "Option 'atomic' must be true or false" },
        { $$"""{ "operations": [{{Good}}], "options": { "validateOnly": true } }""", "FIELD_INVALID", "/options/validateOnly", "Option 'validateOnly' must be \"static\", \"execute\" or false" },
        { $$"""{ "operations": [{{Good}}], "options": { "return": "full" } }""", "FIELD_INVALID", "/options/return", "Option 'return' must be \"representation\" or \"minimal\"" },
        { $$"""{ "operations": [{{Good}}, 7] }""", "FIELD_INVALID", "/operations/1", "Operation 1 must be an object" },
        { """{ "operations": [{ "id": "a", "action": "read" }] }""", "FIELD_MISSING", "/operations/0/entity", "Operation 'a' missing required field 'entity'" },
        { """{ "operations": [{ "id": "a", "entity": "", "action": "read" }] }""", "FIELD_MISSING", "/operations/0/entity", "Operation 'a' missing required field 'entity'" },
        { """{ "operations": [{ "entity": "genre" }] }""", "FIELD_MISSING", "/operations/0/action", "Operation 'op_0' missing required field 'action'" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "foo" }] }""", "ACTION_INVALID", "/operations/0/action", "Operation 'a' has invalid action 'foo'" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read,update" }] }""", "ACTION_INVALID", "/operations/0/action", "Operation 'a' has invalid action '?'" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "Read" }] }""", "ACTION_INVALID", "/operations/0/action", "Operation 'a' has invalid action 'Read'" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": 1 }] }""", "FIELD_INVALID", "/operations/0/action", "Operation 'a': 'action' must be a string" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read", "data": {} }] }""", "FIELD_UNKNOWN", "/operations/0/data", "Operation 'a' has an unknown field 'data'" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read", "x/y~z": 1 }] }""", "FIELD_UNKNOWN", "/operations/0/x~1y~0z", "Operation 'a' has an unknown field 'x/y~z'" },
        { """{ "operations": [{ "id": "a", "entity": "batch", "action": "create" }] }""", "NESTED_BATCH", "/operations/0/entity", "Operation 'a' is a batch itself; batches cannot be nested" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read", "query_params": [] }] }""", "FIELD_INVALID", "/operations/0/query_params", "Operation 'a': 'query_params' must be an object" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "create", "store_params": "x" }] }""", "FIELD_INVALID", "/operations/0/store_params", "Operation 'a': 'store_params' must be an object or an array of objects" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read", "depends_on": "b" }] }""", "FIELD_INVALID", "/operations/0/depends_on", "Operation 'a': 'depends_on' must be an array of operation ids" },
        { """{ "operations": [{ "id": "a b", "entity": "genre", "action": "read" }] }""", "OPERATION_ID_INVALID", "/operations/0/id", "The id of operation 0 must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -" },
        { """{ "operations": [{ "id": "", "entity": "genre", "action": "read" }] }""", "OPERATION_ID_INVALID", "/operations/0/id", "The id of operation 0 must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -" },
        { """{ "operations": [{ "id": 5, "entity": "genre", "action": "read" }] }""", "OPERATION_ID_INVALID", "/operations/0/id", "The id of operation 0 must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -" },
        { $$"""{ "operations": [{{Good}}, {{Good}}] }""", "OPERATION_ID_DUPLICATE", "/operations/1/id", "Duplicate operation ID 'good' found" },
        { """{ "operations": [{ "id": "op_1", "entity": "genre", "action": "read" }, { "entity": "genre", "action": "read" }] }""", "OPERATION_ID_DUPLICATE", "/operations/1/id", "Duplicate operation ID 'op_1' found" },
        { """{ "operations": [{ "id": "a", "entity": "genre", "action": "read", "depends_on": ["ghost"] }] }""", "DEPENDENCY_UNKNOWN", "/operations/0/depends_on/0", "Operation 'a' depends on unknown operation 'ghost'" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Refuses_a_request_of_the_wrong_shape_as_a_problem_that_names_the_place(string body, string code, string place, string detail)
    {
        var reply = (await service.Client.PostBatchAsync(body)).Expect(400);

        Assert.Equal("application/problem+json", reply.MediaType);
        Assert.Equal([$"{code} {place}"], reply.Problems);
        Assert.Equal(detail, reply.Text("detail"));
        Assert.Equal(detail, reply.Text("error"));
        Assert.Equal(code, reply.Text("code"));
        Assert.Equal($"/batch/errors/{code}", reply.Text("type"));
        Assert.Equal(400, reply.Body.GetProperty("status").GetInt32());
        Assert.NotEmpty(reply.Text("traceId")!);
        Assert.False(reply.Body.TryGetProperty("results", out _));
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'Envelope'"));
    }

    [Fact]
    public async Task Refuses_101_operations_with_the_text_that_clients_match_on()
    {
        var reads = string.Join(',', Enumerable.Repeat("""{ "entity": "genre", "action": "read" }""", 101));

        var reply = (await service.Client.RunAsync(reads)).Expect(400);

        Assert.Equal("BATCH_TOO_LARGE", reply.Text("code"));
        Assert.Equal("Batch size exceeds maximum (100). Requested: 101", reply.Text("error"));
    }

    [Fact]
    public async Task Takes_100_operations()
    {
        var reads = string.Join(',', Enumerable.Repeat("""{ "entity": "genre", "action": "read", "metadata_params": { "limit": 1 } }""", 100));

        var reply = (await service.Client.RunAsync(reads)).Expect(200);

        Assert.Equal(100, reply.Body.GetProperty("successCount").GetInt32());
    }

    [Fact]
    public async Task Names_an_operation_without_an_id_after_its_index()
    {
        var reply = (await service.Client.RunAsync("""
            { "entity": "genre", "action": "read", "query_params": { "genre_id": 1 } },
            { "id": null, "entity": "genre", "action": "read", "query_params": { "genre_id": "$ref:op_0.genre_id" } }
            """)).Expect(200);

        Assert.Equal("op_0:completed op_1:completed", reply.States);
    }

    [Fact]
    public async Task Takes_an_id_of_64_characters_and_refuses_65()
    {
        static string Read(int length) => $$"""{ "id": "{{new string('x', length)}}", "entity": "genre", "action": "read" }""";

        (await service.Client.RunAsync(Read(64))).Expect(200);
        (await service.Client.RunAsync(Read(65))).Expect(400);
    }

    [Theory]
    [InlineData("""{ "operations": [ { "entity": "genre", "action": "read" } ] }""")]
    [InlineData("""{ "operations": [ { "entity": "genre", "action": "read" } ], "options": null }""")]
    [InlineData("""{ "operations": [ { "entity": "genre", "action": "read", "store_params": null, "depends_on": null, "claims": null } ], "options": {} }""")]
    public async Task Is_atomic_and_stops_at_the_first_failure_unless_the_options_say_otherwise(string body)
    {
        var reply = (await service.Client.PostBatchAsync(body)).Expect(200);

        Assert.True(reply.Body.GetProperty("atomic").GetBoolean());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "continueOnError": true }""")]
    [InlineData("""{ "atomic": false }""")]
    [InlineData("""{ "atomic": false, "continueOnError": true }""")]
    [InlineData("""{ "validateOnly": "static" }""")]
    public async Task Refuses_the_request_for_what_an_action_does_not_take(string options)
    {
        var before = await service.NumberAsync("SELECT count(*) FROM genre");

        var reply = (await service.Client.RunAsync("""
            { "entity": "genre", "action": "create", "store_params": { "name": "never" }, "query_params": {} },
            { "entity": "genre", "action": "read", "store_params": {}, "metadata_params": { "limit": 1, "speed": 2, "if_match": "x" } },
            { "entity": "genre", "action": "read", "metadata_params": { "sort": "name", "__sort": "genre_id" } },
            { "entity": "genre", "action": "create", "store_params": { "name": "never" } }
            """, options)).Expect(400);

        Assert.Equal(
            [
                "FIELD_INVALID /operations/0/query_params", "FIELD_INVALID /operations/1/metadata_params/if_match",
                "FIELD_INVALID /operations/1/store_params", "FIELD_INVALID /operations/2/metadata_params/__sort",
                "FIELD_UNKNOWN /operations/1/metadata_params/speed",
            ],
            reply.Problems.Order(StringComparer.Ordinal));
        Assert.Contains("'sort' and '__sort'", reply.Body.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await service.NumberAsync("SELECT count(*) FROM genre"));
    }

    [Fact]
    public async Task Reports_the_faults_of_all_operations_at_once()
    {
        var reply = (await service.Client.PostBatchAsync("""
            {
              "operations": [
                { "id": "a", "entity": "genre" },
                { "id": "b", "entity": "genre", "action": "foo", "extra": 1 },
                { "id": "c", "entity": "batch", "action": "create" },
                { "id": "c", "entity": "genre", "action": "read", "depends_on": ["ghost"] },
                { "id": "e", "entity": "genre", "action": "read", "query_params": { "name": "$ref:nobody.name" } },
                { "id": "f", "entity": "genre", "action": "read", "query_params": { "name": "$ref:" } },
                { "id": "g", "entity": "genre", "action": "read", "depends_on": ["h"] },
                { "id": "h", "entity": "genre", "action": "read", "depends_on": ["g"] }
              ],
              "options": { "speed": 9 }
            }
            """)).Expect(400);

        Assert.Equal(
            [
                "ACTION_INVALID /operations/1/action",
                "DEPENDENCY_CYCLE /operations/6/depends_on/0",
                "DEPENDENCY_UNKNOWN /operations/3/depends_on/0",
                "FIELD_MISSING /operations/0/action",
                "FIELD_UNKNOWN /operations/1/extra",
                "FIELD_UNKNOWN /options/speed",
                "NESTED_BATCH /operations/2/entity",
                "OPERATION_ID_DUPLICATE /operations/3/id",
                "REFERENCE_SYNTAX /operations/5/query_params/name",
                "REFERENCE_UNKNOWN /operations/4/query_params/name",
            ],
            reply.Problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reports_what_is_wrong_with_the_values_together_with_what_is_wrong_with_the_request()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "a", "entity": "genre", "action": "read", "depends_on": ["ghost"] },
            { "id": "b", "entity": "genre", "action": "create", "store_params": { "nmae": "x" } }
            """)).Expect(400);

        Assert.Equal(["COLUMN_UNKNOWN /operations/1/store_params/nmae", "DEPENDENCY_UNKNOWN /operations/0/depends_on/0"], reply.Problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Says_in_the_headers_that_nothing_of_a_refused_request_succeeded()
    {
        var reply = (await service.Client.RunAsync("""{ "entity": "genre" }, { "entity": "genre", "action": "read" }""")).Expect(400);

        Assert.Equal("0", reply.Header("Batch-Succeeded"));
        Assert.Equal("1", reply.Header("Batch-Failed"));
    }

    [Fact]
    public async Task Refuses_an_unknown_query_parameter()
    {
        using var response = await service.Client.PostAsync("/batch?dryRun=true", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("dryRun", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
