using System.Text.Json;

namespace BatchService.DatabaseTests.Operations;

/// <summary>References take values out of the results of other operations, in every form and at every place of the contract.</summary>
public sealed class ReferenceTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Source = """
        { "id": "src", "entity": "doc", "action": "create", "store_params": {
            "title": null, "flag": true, "amount": 12.5, "tags": ["p", "q"], "at": "2026-01-31T10:00:00Z",
            "body": { "items": [ { "id": 7 }, { "id": 8 }, { "id": 9 } ], "name": "Ä \"quoted\"", "none": null, "deep": { "x": 1.50 } } } }
        """;

    [Fact]
    public async Task Keeps_the_type_of_a_value_that_a_whole_string_references()
    {
        var reply = (await service.Client.RunAsync($$"""
            {{Source}},
            { "id": "copy", "entity": "doc", "action": "create", "store_params": {
                "title": "$ref:src.title", "flag": "$ref:src.flag", "amount": "$ref:src.amount", "tags": "$ref:src.tags", "at": "${ref:src.at}",
                "body": { "all": "$ref:src.body", "number": "$ref:src.doc_id", "flag": "$ref:src.flag", "null": "$ref:src.body.none", "text": "${ref:src.body.name}", "decimal": "$ref:src.amount" } } }
            """)).Expect(200);

        var (source, copy) = (reply.Row("src"), reply.Row("copy"));
        foreach (var column in new[] { "title", "flag", "amount", "tags", "at" })
            Assert.Equal(source.GetProperty(column).GetRawText(), copy.GetProperty(column).GetRawText());
        var body = copy.GetProperty("body");
        Assert.True(JsonElement.DeepEquals(source.GetProperty("body"), body.GetProperty("all")));
        Assert.Equal(source.GetProperty("doc_id").GetInt32(), body.GetProperty("number").GetInt32());
        Assert.Equal(JsonValueKind.True, body.GetProperty("flag").ValueKind);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("null").ValueKind);
        Assert.Equal("Ä \"quoted\"", body.GetProperty("text").GetString());
        Assert.Equal(12.5m, body.GetProperty("decimal").GetDecimal());
    }

    [Theory]
    [InlineData("n=${ref:src.flag}!", "n=true!")]
    [InlineData("n=${ref:src.title}", "n=null")]
    [InlineData("${ref:src.body.items[0]}.", "{\"id\": 7}.")]
    [InlineData("x$ref:src.tags", "x[\"p\",\"q\"]")]
    [InlineData("${ref:src.body.name}s", "Ä \"quoted\"s")]
    [InlineData("pre_$ref:src.body.items[0].id_post", "pre_7_post")]
    [InlineData("no. $ref:src.body.items[0].id.pdf", "no. 7.pdf")]
    [InlineData("$ref:src.body.items.0.id/$ref:src.body.items.1.id", "7/8")]
    [InlineData("${ref:src.body.items[-1].id}${ref:src.body.items[-3].id}", "97")]
    [InlineData("$ref:src.0.flag, $ref:src[0].flag, $ref:src[-1].flag", "true, true, true")]
    [InlineData("$ref:src.$status $ref:src.$affected $ref:src.$index", "completed 1 0")]
    [InlineData("$$ref:src.flag", "$ref:src.flag")]
    [InlineData("$${ref:src.flag} $ref:src.flag", "${ref:src.flag} true")]
    [InlineData("costs $5, $$ and $ref", "costs $5, $$ and $ref")]
    public async Task Puts_values_into_longer_text(string text, string expected)
    {
        var reply = (await service.Client.RunAsync($$"""
            {{Source}},
            { "id": "use", "entity": "doc", "action": "create", "store_params": { "title": {{JsonSerializer.Serialize(text)}} } }
            """)).Expect(200);

        Assert.Equal(expected, reply.Row("use").GetProperty("title").GetString());
        Assert.Equal(expected, await service.TextAsync($"SELECT title FROM doc WHERE doc_id = {reply.Row("use").GetProperty("doc_id")}"));
    }

    [Fact]
    public async Task Cuts_the_bare_form_of_the_seed_back_at_underscores()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "op1", "entity": "genre", "action": "create", "store_params": { "name": "n" } },
            { "id": "use", "entity": "genre", "action": "create", "store_params": { "name": "prefix_$ref:op1.genre_id_suffix" } }
            """)).Expect(200);

        Assert.Equal($"prefix_{reply.Row("op1").GetProperty("genre_id")}_suffix", reply.Row("use").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("$ref:c.city_name", 400, "REFERENCE_UNKNOWN")]
    [InlineData("$ref:c.address.street", 400, "REFERENCE_UNKNOWN")]
    [InlineData("$ref:d.title.length", 400, "REFERENCE_UNKNOWN")]
    [InlineData("$ref:d.body.name_x", 422, "REFERENCE_PATH_NOT_FOUND")]
    [InlineData("$ref:d.body.name.x", 422, "REFERENCE_PATH_NOT_FOUND")]
    public async Task Takes_the_path_of_a_whole_string_as_it_is(string text, int status, string code)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "c", "entity": "customer", "action": "read", "query_params": { "customer_id": 1 } },
            { "id": "d", "entity": "doc", "action": "create", "store_params": { "title": "t", "body": { "name": "n" } } },
            { "id": "use", "entity": "doc", "action": "create", "store_params": { "title": "{{text}}" } }
            """)).Expect(status);

        Assert.Equal([$"{code} /operations/2/store_params/title"], reply.Problems);
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM doc WHERE title IN ('t', 'n', 'n.x', 'n_x')"));
    }

    [Fact]
    public async Task Resolves_references_in_arrays_and_nested_objects_but_not_in_keys()
    {
        var reply = (await service.Client.RunAsync($$"""
            {{Source}},
            { "id": "use", "entity": "doc", "action": "create", "store_params": { "body": [ "$ref:src.flag", { "deep": ["$ref:src.body.deep.x"] }, { "$ref:src.flag": 1 } ], "tags": ["$ref:src.tags[0]", "z"] } }
            """)).Expect(200);

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""[true, {"deep": [1.50]}, {"$ref:src.flag": 1}]"""), reply.Row("use").GetProperty("body")));
        Assert.Equal("""["p","z"]""", reply.Row("use").GetProperty("tags").GetRawText());
    }

    [Fact]
    public async Task Resolves_references_after_operators_and_in_lists_of_filters()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "m", "entity": "track", "action": "read", "query_params": { "track_id": 10 } },
            { "id": "n", "entity": "track", "action": "read", "query_params": { "track_id": 12 } },
            { "id": "gt", "entity": "track", "action": "read", "query_params": { "track_id": "gt::$ref:m.track_id" }, "metadata_params": { "limit": 1 } },
            { "id": "between", "entity": "track", "action": "read", "query_params": { "track_id": "between::$ref:m.track_id,$ref:n.track_id" }, "metadata_params": { "count": true } },
            { "id": "list", "entity": "track", "action": "read", "query_params": { "track_id": ["$ref:m.track_id", "$ref:n.track_id", 1] }, "metadata_params": { "count": true } },
            { "id": "related", "entity": "track", "action": "read", "query_params": { "album.album_id": "$ref:m.album_id" }, "metadata_params": { "limit": 1 } }
            """)).Expect(200);

        Assert.Equal(11, reply.Row("gt").GetProperty("track_id").GetInt32());
        Assert.Equal(3, reply.Row("between").GetProperty("count").GetInt32());
        Assert.Equal(3, reply.Row("list").GetProperty("count").GetInt32());
        Assert.Equal(reply.Row("m").GetProperty("album_id").GetInt32(), reply.Row("related").GetProperty("album_id").GetInt32());
    }

    [Fact]
    public async Task Resolves_references_in_metadata()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "n", "entity": "media_type", "action": "read", "metadata_params": { "count": true } },
            { "id": "limited", "entity": "track", "action": "read", "metadata_params": { "__limit": "$ref:n.count", "sort": "track_id:desc" } },
            { "id": "exact", "entity": "media_type", "action": "assert", "metadata_params": { "expect": "$ref:n.count" } },
            { "id": "row", "entity": "genre", "action": "read", "query_params": { "genre_id": 2 } },
            { "id": "guarded", "entity": "genre", "action": "update", "query_params": { "genre_id": 2 }, "store_params": { "name": "$ref:row.name" }, "metadata_params": { "if_match": "$ref:row.$etag" } }
            """)).Expect(200);

        Assert.Equal(reply.Row("n").GetProperty("count").GetInt32(), reply.Result("limited").GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Names_rows_of_a_result_and_lists_embedded_in_them_by_index()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "rows", "entity": "genre", "action": "read", "metadata_params": { "limit": 3, "sort": "genre_id" } },
            { "id": "inv", "entity": "invoice", "action": "read", "query_params": { "invoice_id": 2 }, "metadata_params": { "properties": "invoice_id invoice_lines:.* customer:.*" } },
            { "id": "use", "entity": "doc", "action": "create", "store_params": { "body": {
                "first": "$ref:rows.0.genre_id", "second": "$ref:rows[1].genre_id", "last": "$ref:rows[-1].genre_id",
                "line": "$ref:inv.invoice_lines[0].track_id", "next": "$ref:inv.0.invoice_lines.1.track_id", "customer": "$ref:inv.customer.customer_id" } } }
            """)).Expect(200);

        var body = reply.Row("use").GetProperty("body");
        Assert.Equal([1, 2, 3], new[] { "first", "second", "last" }.Select(name => body.GetProperty(name).GetInt32()));
        var lines = reply.Row("inv").GetProperty("invoice_lines");
        Assert.Equal(lines[0].GetProperty("track_id").GetInt32(), body.GetProperty("line").GetInt32());
        Assert.Equal(lines[1].GetProperty("track_id").GetInt32(), body.GetProperty("next").GetInt32());
        Assert.Equal(await service.NumberAsync("SELECT customer_id FROM invoice WHERE invoice_id = 2"), body.GetProperty("customer").GetInt64());
    }

    [Fact]
    public async Task Never_expands_text_that_came_out_of_data()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "a", "entity": "doc", "action": "create", "store_params": { "title": "$$ref:a.title" } },
            { "id": "b", "entity": "doc", "action": "create", "store_params": { "title": "$ref:a.title" } },
            { "id": "c", "entity": "doc", "action": "read", "query_params": { "doc_id": "$ref:b.doc_id", "title": "eq::$ref:b.title" } }
            """)).Expect(200);

        Assert.Equal("$ref:a.title", reply.Row("b").GetProperty("title").GetString());
        Assert.Equal("$ref:a.title", reply.Row("c").GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("$ref:src.body.nope", "nope", "it has: deep, name, none, items")]
    [InlineData("$ref:src.body.items[3].id", "[3]", "there is an array of 3")]
    [InlineData("$ref:src.body.none.x", "x", "there is a null")]
    [InlineData("$ref:none.title", "title", "it has no rows")]
    [InlineData("$ref:two.name", "name", "it has 2 rows, named by their index from 0")]
    public async Task Fails_the_operation_whose_reference_finds_no_value_and_names_what_is_there(string reference, string broken, string there)
    {
        var reply = (await service.Client.RunAsync($$"""
            {{Source}},
            { "id": "none", "entity": "doc", "action": "read", "query_params": { "doc_id": -1 } },
            { "id": "two", "entity": "genre", "action": "read", "metadata_params": { "limit": 2 } },
            { "id": "use", "entity": "doc", "action": "create", "store_params": { "title": "{{reference}}" } }
            """)).Expect(422);

        var result = reply.Result("use");
        Assert.Equal("REFERENCE_PATH_NOT_FOUND", result.GetProperty("code").GetString());
        Assert.Equal("/operations/3/store_params/title", result.GetProperty("pointer").GetString());
        Assert.Contains(broken, result.GetProperty("error").GetString()!, StringComparison.Ordinal);
        Assert.EndsWith(there, result.GetProperty("error").GetString()!, StringComparison.Ordinal);
        Assert.Equal("rolled_back", reply.Result("src").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("$ref:nobody.name", "REFERENCE_UNKNOWN", "Operation 'use' references unknown operation 'nobody'")]
    [InlineData("$ref:g.nmae", "REFERENCE_UNKNOWN", "Operation 'use' references property 'nmae' that operation 'g' can never return")]
    [InlineData("$ref:g.name.first", "REFERENCE_UNKNOWN", "Operation 'use' references property 'name.first' that operation 'g' can never return")]
    [InlineData("${ref:g.$nope}", "REFERENCE_UNKNOWN", "Operation 'use' references property '$nope' that operation 'g' can never return")]
    [InlineData("$ref:g", "REFERENCE_SYNTAX", "A reference has the form $ref:operation.path with a path of at most 512 characters; write $$ref: for the literal text")]
    [InlineData("${ref:g.name", "REFERENCE_SYNTAX", "A reference has the form ${ref:operation.path} with a path of at most 512 characters; write $${ref: for the literal text")]
    public async Task Refuses_before_anything_runs_what_can_never_resolve(string reference, string code, string detail)
    {
        var field = reference == "$ref:g.name.first" ? "${ref:g.name.first}" : reference;
        var reply = (await service.Client.RunAsync($$"""
            { "id": "g", "entity": "genre", "action": "create", "store_params": { "name": "Never resolves" } },
            { "id": "use", "entity": "genre", "action": "create", "store_params": { "name": "{{field}}" } }
            """)).Expect(400);

        Assert.Equal([$"{code} /operations/1/store_params/name"], reply.Problems);
        Assert.Equal(detail, reply.Text("error"));
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name = 'Never resolves'"));
    }

    [Theory]
    [InlineData("""{ "id": "use", "entity": "album", "action": "create", "store_params": { "title": "x", "artist_id": "$ref:g.name" } }""", "/operations/1/store_params/artist_id")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "update", "query_params": { "album_id": 1 }, "store_params": { "artist_id": "$ref:g.name" } }""", "/operations/1/store_params/artist_id")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "read", "query_params": { "artist_id": "$ref:g.name" } }""", "/operations/1/query_params/artist_id")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "read", "query_params": { "artist_id": "gt::$ref:g.name" } }""", "/operations/1/query_params/artist_id")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "read", "query_params": { "artist_id": ["$ref:g.name"] } }""", "/operations/1/query_params/artist_id")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "read", "metadata_params": { "limit": "$ref:g.name" } }""", "/operations/1/metadata_params/limit")]
    [InlineData("""{ "id": "use", "entity": "album", "action": "create", "store_params": [{ "title": "x", "artist_id": 1 }, { "title": "x", "artist_id": "$ref:g.name" }] }""", "/operations/1/store_params/1/artist_id")]
    public async Task Tells_a_referenced_value_of_the_wrong_type_as_such(string operation, string place)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "g", "entity": "genre", "action": "read", "query_params": { "genre_id": 1 } }, {{operation}}
            """)).Expect(422);

        Assert.Equal([$"REFERENCE_TYPE_MISMATCH {place}"], reply.Problems);
        Assert.DoesNotContain("Rock", reply.Text("error")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_references_that_double_a_text_until_it_is_too_large()
    {
        var operations = string.Join(',', Enumerable.Range(1, 24).Select(index =>
            $$"""{ "id": "o{{index}}", "entity": "doc", "action": "create", "store_params": { "title": "$ref:o{{index - 1}}.title$ref:o{{index - 1}}.title" } }"""));

        foreach (var options in new[] { "{}", """{ "continueOnError": true }""", """{ "atomic": false, "continueOnError": true, "return": "minimal", "results": "failed" }""" })
        {
            var allocated = GC.GetTotalAllocatedBytes();

            var reply = await service.Client.RunAsync(
                $$"""{ "id": "o0", "entity": "doc", "action": "create", "store_params": { "title": "{{new string('a', 4096)}}" } }, {{operations}}""", options);

            var failed = Assert.Single(reply.Body.GetProperty("failedOperations").EnumerateArray()).GetString()!;
            Assert.Equal("REFERENCE_TOO_LARGE", reply.Result(failed).GetProperty("code").GetString());
            Assert.Equal(413, reply.Result(failed).GetProperty("statusCode").GetInt32());
            Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 512L * 1024 * 1024);
        }
        Assert.InRange(await service.NumberAsync("SELECT max(octet_length(title)) FROM doc"), 4096, 8L * 1024 * 1024);
    }
}
