using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Operations;

/// <summary>What a reference brings into a filter is a value: the operator, the commas and the wildcards are those of the request.</summary>
public sealed class FilterReferenceTests(OperationsFixture service) : IClassFixture<OperationsFixture>, IAsyncLifetime
{
    private static readonly string[] Tokens =
        ["victim", "like::", "ilike::", "in::", "not-null::", "eq::", "ne::", "::", ",", " ", "*", "?", "%", "_", "\"", "'", "\\", "[", "]", "$", "$ref:", "ä", "null", "1"];

    /// <summary>Every way to compare a column with a stored text that means equality.</summary>
    private static readonly JsonNode[] Forms =
    [
        "$ref:m.title", "${ref:m.title}", "eq::$ref:m.title", "in::$ref:m.title", "in::${ref:m.title},${ref:m.title}", "in:: $ref:m.title , no such",
        "in::[\"${ref:m.title}\"]", "in::[$ref:m.title]", "like::$ref:m.title", "between::${ref:m.title},${ref:m.title}",
        new JsonArray("$ref:m.title"),
    ];

    public Task InitializeAsync() => service.NumberAsync("WITH d AS (DELETE FROM doc RETURNING 1) SELECT count(*) FROM d");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Finds_only_the_rows_with_an_equal_text_whatever_the_text_is()
    {
        var random = new Random(7);
        var texts = Enumerable.Range(0, 60)
            .Select(_ => string.Concat(random.GetItems(Tokens, random.Next(1, 5))))
            .Concat(Tokens).Concat(["", "victim1", "victim, or not", "like::victim*"])
            .ToList();
        var ids = await AddAsync(texts);

        for (var position = 0; position < texts.Count; position++)
        {
            var operations = new JsonArray(new JsonObject
            {
                ["id"] = "m",
                ["entity"] = "doc",
                ["action"] = "read",
                ["query_params"] = new JsonObject { ["doc_id"] = ids[position] },
            });
            foreach (var form in Forms)
            {
                operations.Add(new JsonObject
                {
                    ["entity"] = "doc",
                    ["action"] = "read",
                    ["query_params"] = new JsonObject { ["title"] = form.DeepClone() },
                    ["metadata_params"] = new JsonObject { ["properties"] = "title" },
                });
            }

            var reply = (await service.Client.PostBatchAsync(new JsonObject { ["operations"] = operations }.ToJsonString())).Expect(200);

            var equal = Enumerable.Repeat(texts[position], texts.Count(text => text == texts[position]));
            for (var form = 0; form < Forms.Length; form++)
            {
                var found = reply.Result($"op_{form + 1}").GetProperty("data").EnumerateArray().Select(row => row.GetProperty("title").GetString());
                Assert.True(equal.SequenceEqual(found), $"{Forms[form]} with '{texts[position]}' finds: {string.Join(" | ", found)}");
            }
        }
    }

    [Theory]
    [InlineData("\"$ref:m.title\"")]
    [InlineData("\"${ref:m.title}\"")]
    [InlineData("\"like::$ref:m.title\"")]
    [InlineData("[\"$ref:m.title\"]")]
    public async Task Deletes_no_row_that_nobody_named(string filter)
    {
        var ids = await AddAsync(["like::victim*", "victim 1", "victim 2"]);

        (await service.Client.RunAsync($$"""
            { "id": "m", "entity": "doc", "action": "read", "query_params": { "doc_id": {{ids[0]}} } },
            { "entity": "doc", "action": "delete", "query_params": { "title": {{filter}} } }
            """)).Expect(200);

        Assert.Equal("victim 1,victim 2", await service.TextAsync("SELECT string_agg(title, ',' ORDER BY title) FROM doc"));
    }

    [Fact]
    public async Task Keeps_the_type_of_what_a_whole_string_references()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "m", "entity": "doc", "action": "create", "store_params": { "body": "a::b", "tags": ["x", "y"], "amount": 5 } },
            { "id": "json", "entity": "doc", "action": "read", "query_params": { "body": "$ref:m.body" } },
            { "id": "array", "entity": "doc", "action": "read", "query_params": { "tags": "$ref:m.tags" } },
            { "id": "number", "entity": "doc", "action": "read", "query_params": { "amount": "$ref:m.amount" } },
            { "id": "null", "entity": "doc", "action": "read", "query_params": { "title": "$ref:m.title" } },
            { "id": "list", "entity": "doc", "action": "read", "query_params": { "title": "in::$ref:m.tags" } },
            { "id": "any", "entity": "doc", "action": "read", "query_params": { "title": "$ref:m.tags" } }
            """)).Expect(200);

        Assert.All(new[] { "json", "array", "number", "null" }, id => Assert.Equal(1, reply.Result(id).GetProperty("data").GetArrayLength()));
        Assert.All(new[] { "list", "any" }, id => Assert.Equal(0, reply.Result(id).GetProperty("data").GetArrayLength()));
    }

    [Fact]
    public async Task Takes_the_elements_of_a_referenced_array_for_a_list()
    {
        await AddAsync(["x", "a,b", "y"]);

        var reply = (await service.Client.RunAsync("""
            { "id": "m", "entity": "doc", "action": "create", "store_params": { "title": "m", "tags": ["x", "a,b"] } },
            { "id": "in", "entity": "doc", "action": "read", "query_params": { "title": "in::$ref:m.tags" }, "metadata_params": { "properties": "title" } },
            { "id": "not", "entity": "doc", "action": "read", "query_params": { "title": "not-in::$ref:m.tags" }, "metadata_params": { "properties": "title" } },
            { "id": "between", "entity": "doc", "action": "assert", "query_params": { "title": "not-between::$ref:m.tags" }, "metadata_params": { "expect": 4 } }
            """)).Expect(200);

        Assert.Equal(2, reply.Result("in").GetProperty("data").GetArrayLength());
        Assert.Equal(2, reply.Result("not").GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Does_not_split_a_referenced_text_into_the_bounds_of_a_range()
    {
        var ids = await AddAsync(["a,z", "m"]);

        var reply = (await service.Client.RunAsync($$"""
            { "id": "m", "entity": "doc", "action": "read", "query_params": { "doc_id": {{ids[0]}} } },
            { "id": "range", "entity": "doc", "action": "read", "query_params": { "title": "between::$ref:m.title" } }
            """)).Expect(422);

        Assert.Equal("REFERENCE_TYPE_MISMATCH", reply.Result("range").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Keeps_the_wildcards_that_the_request_writes_around_a_reference()
    {
        var ids = await AddAsync(["a*", "a*b", "ab"]);

        var reply = (await service.Client.RunAsync($$"""
            { "id": "m", "entity": "doc", "action": "read", "query_params": { "doc_id": {{ids[0]}} } },
            { "id": "found", "entity": "doc", "action": "read", "query_params": { "title": "like::${ref:m.title}*" }, "metadata_params": { "properties": "title" } }
            """)).Expect(200);

        Assert.Equal(["a*", "a*b"], reply.Result("found").GetProperty("data").EnumerateArray().Select(row => row.GetProperty("title").GetString()));
    }

    /// <summary>Adds a row for each text; their ids.</summary>
    private async Task<IReadOnlyList<int>> AddAsync(IEnumerable<string> texts)
    {
        var rows = new JsonArray([.. texts.Select(text => (JsonNode)new JsonObject
        {
            ["title"] = text.Replace("$ref:", "$$ref:", StringComparison.Ordinal),
        })]);
        var reply = (await service.Client.RunAsync(
            $$"""{ "id": "add", "entity": "doc", "action": "create", "store_params": {{rows.ToJsonString()}} }""")).Expect(200);
        return [.. reply.Result("add").GetProperty("data").EnumerateArray().Select(row => row.GetProperty("doc_id").GetInt32())];
    }
}
