using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using BatchService.DatabaseTests.Reliability;

namespace BatchService.DatabaseTests.Operating;

/// <summary>What the OpenAPI document says of bodies and answers is what the service reads and writes.</summary>
public sealed class OpenApiSchemaTests(ChinookFixture service) : IClassFixture<ChinookFixture>
{
    private const string Json = "application/json";
    private const string Verdict = "/frames/validate";
    private const string Entry = "019aa5c0-0000-7000-8000-000000000011";

    private static readonly string[] s_streams = ["application/x-ndjson", "text/csv"];

    private HttpClient Client => service.Client;

    [Fact]
    public async Task Every_JSON_body_has_a_schema_with_properties_and_every_call_a_name()
    {
        var document = await OpenApiDocument.ReadAsync(Client);

        var bodies = document.Calls.Where(call => call.BodySchema is not null).ToList();
        Assert.True(bodies.Count >= 25, $"{bodies.Count}");
        Assert.All(bodies, call =>
        {
            Assert.True(call.BodySchema!.Value.TryGetProperty("$ref", out _), call.Path);
            Assert.NotEmpty(document.Resolve(call.BodySchema.Value).GetProperty("properties").EnumerateObject());
        });
        Assert.All(document.Calls, call => Assert.All([200, 201, 202, 207], status =>
            Assert.True(call.AnswerSchema(status) is not { } answer || answer.TryGetProperty("$ref", out _), $"{call.Path} {status}")));
        Assert.All(document.Calls, call => Assert.True(call.Operation.TryGetProperty("operationId", out _), call.Path));
    }

    [Fact]
    public async Task Names_what_a_batch_is_made_of_with_its_required_fields_and_actions()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var operation = document.Component("BatchOperation");

        Assert.Equal(["entity", "action"], Texts(operation.GetProperty("required")));
        Assert.Equal(
            ["create", "read", "update", "delete", "upsert", "assert"],
            Texts(operation.GetProperty("properties").GetProperty("action").GetProperty("enum")));
        Assert.Equal(100, document.Component("BatchRequest").GetProperty("properties").GetProperty("operations").GetProperty("maxItems").GetInt32());
        Assert.Equal("boolean", document.Component("BatchOptions").GetProperty("properties").GetProperty("atomic").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Every_example_is_valid_against_its_schema()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        foreach (var call in document.Calls)
        {
            foreach (var (name, _, value) in call.Examples(Json))
            {
                var faults = document.Faults(value, call.BodySchema!.Value).ToList();
                // One of the examples of a check shows what is found to be wrong.
                var expected = call.Path != Verdict || (await SendAsync(call, value.GetRawText())).Body.GetProperty("valid").GetBoolean();
                Assert.True(expected == (faults.Count == 0), $"{call.Method} {call.Path} {name}: {string.Join("; ", faults)}");
            }
        }
    }

    [Fact]
    public async Task Refuses_an_example_without_what_is_required_or_with_what_is_unknown()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var ids = await MakeThingsAsync();
        var sent = 0;
        foreach (var call in document.Calls.Where(call => call.BodySchema is not null))
        {
            var examples = call.Examples(Json).Where(example => !document.Faults(example.Value, call.BodySchema!.Value).Any());
            foreach (var (pointer, body) in examples.SelectMany(example => document.Broken(example.Value, call.BodySchema!.Value)))
            {
                var (status, answer) = await SendAsync(call, body, ids);
                var where = call.Path == Verdict ? pointer[1..].Replace('/', '.') : pointer;
                Assert.True(
                    (status is 207 or (>= 400 and < 500) || call.Path == Verdict) && Blamed(answer).Contains(where, StringComparer.Ordinal),
                    $"{call.Method} {call.Path} {pointer}: {status} {answer}");
                sent++;
            }
        }
        Assert.True(sent >= 100, $"{sent}");
    }

    [Fact]
    public async Task Knows_every_field_that_it_describes_and_describes_those_that_it_knows()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var ids = await MakeThingsAsync();
        var more = HostileWorld.More.ToLookup(body => body.Call, body => JsonElement.Parse(body.Body), StringComparer.Ordinal);
        var (sent, looked) = (0, 0);
        foreach (var call in document.Calls.Where(call => call.BodySchema is not null))
        {
            foreach (var (pointer, body) in call.Examples(Json).SelectMany(example => document.Filled(example.Value, call.BodySchema!.Value)))
            {
                var (_, answer) = await SendAsync(call, body, ids);
                Assert.False(Unknown(answer).Contains(pointer, StringComparer.Ordinal), $"{call.Method} {call.Path} {pointer}: {answer}");
                sent++;
            }
            foreach (var body in more[$"{call.Method} {call.Path}"])
            {
                var faults = document.Faults(body, call.BodySchema!.Value).Where(fault => fault.EndsWith(": unknown", StringComparison.Ordinal));
                Assert.Empty(faults.Select(fault => $"{call.Method} {call.Path} {fault}"));
                looked++;
            }
        }
        Assert.True(sent >= 50 && looked == HostileWorld.More.Count, $"{sent} {looked}");
    }

    [Fact]
    public async Task Describes_a_202_where_a_call_can_be_a_job_and_no_answer_without_a_body_but_204()
    {
        var document = await OpenApiDocument.ReadAsync(Client);

        Assert.All(document.Calls, call =>
        {
            var answers = call.Operation.GetProperty("responses");
            var later = call.Prefer.Contains("respond-async", StringComparison.Ordinal);
            Assert.True(!later || answers.TryGetProperty("202", out _), $"{call.Method} {call.Path}");
            Assert.All(answers.EnumerateObject(), answer => Assert.True(
                answer.Value.TryGetProperty("content", out _) == (answer.Name != "204"), $"{call.Method} {call.Path} {answer.Name}"));
        });
        Assert.Equal(13, document.Calls.Count(call => call.Prefer.Contains("respond-async", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Is_a_document_that_an_OpenAPI_reader_finds_no_fault_with()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(await Client.GetStringAsync("/openapi/v1.json"), "json");

        Assert.NotNull(read.Document);
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Answers_its_examples_as_the_schemas_say()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var ids = await MakeThingsAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // Of devices that no other test has enrolled.
        var devices = $"{Guid.NewGuid()}-";
        // Writes first, so that there is something to read.
        foreach (var call in document.Calls.Where(call => call.Method != "DELETE").OrderBy(call => call.Method == "GET"))
        {
            var bodies = call.Examples(Json).Select(example => (string?)example.Value.GetRawText()).DefaultIfEmpty(null);
            foreach (var body in bodies)
            {
                var (status, answer) = await SendAsync(call, body?.Replace("phone-", devices, StringComparison.Ordinal), ids);
                Assert.True(
                    status >= 400 || call.Operation.GetProperty("responses").TryGetProperty($"{status}", out _), $"{call.Method} {call.Path} {status}");
                if (call.AnswerSchema(status) is not { } schema || !schema.TryGetProperty("$ref", out var name))
                    continue;
                Assert.Empty(document.Faults(answer, schema, isClosed: true).Select(fault => $"{call.Method} {call.Path} {fault} in {answer}"));
                seen.Add(name.GetString()!.Split('/')[^1]);
            }
        }
        string[] expected =
        [
            "BatchResponse", "RowBatchResponse", "Attestation", "AttestationBatchResult", "AttestationDeleteResult", "AttestationQueryResult",
            "Frame", "FrameBatchResult", "FrameValidation", "FramePage", "Notebook", "NotebookPage", "NotebookShare", "Entry", "EntryPlace",
            "ClaimsResult", "NotebookJob", "NotebookJobEnd", "NotebookJobStatistics", "JobAccepted", "BatchJob", "BatchJobPage", "BatchJobItems",
            "EntryPage", "EntrySearchPage", "EntryChangePage", "FrameStatistics", "AtlasPage", "AuditPage", "EntityList", "EntityDescription",
            "CatalogReloaded", "ErrorList", "ErrorEntry", "Capabilities", "HealthStatus", "EnrollmentToken", "EnrollmentBatchResult", "Device", "ProofReceipt", "ProofLockBatchResult", "LookupBatchResult", "Proof",
        ];
        Assert.Empty(expected.Except(seen, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("true", "false", 409)]
    [InlineData("true", "true", 409)]
    [InlineData("false", "false", 207)]
    [InlineData("false", "true", 207)]
    public async Task Answers_a_batch_of_any_mode_with_a_BatchResponse(string atomic, string continueOnError, int status)
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var call = document.Calls.Single(call => (call.Method, call.Path) == ("POST", "/batch"));

        var (answered, answer) = await SendAsync(call, $$"""
            { "operations": [
                { "id": "good", "entity": "artist", "action": "create", "store_params": { "name": "Described" } },
                { "id": "bad", "entity": "album", "action": "create", "store_params": { "title": "No artist", "artist_id": 999999 } },
                { "id": "after", "entity": "track", "action": "update", "query_params": { "album_id": "$ref:bad.album_id" }, "store_params": { "composer": "x" } },
                { "id": "last", "entity": "artist", "action": "upsert", "store_params": [ { "artist_id": 1, "name": "AC/DC" }, { "artist_id": 2, "name": "Accept" } ] } ],
              "options": { "atomic": {{atomic}}, "continueOnError": {{continueOnError}} } }
            """);

        Assert.Equal(status, answered);
        // The answer of an aborted batch is a problem, too.
        Assert.Empty(document.Faults(answer, document.Component("BatchResponse"), isClosed: status == 207));
    }

    [Fact]
    public async Task Runs_the_examples_of_lines_and_tables_once_the_query_parameter_is_filled_in_that_they_ask_for()
    {
        var document = await OpenApiDocument.ReadAsync(Client);
        var examples = document.Calls.SelectMany(call => s_streams.SelectMany(media => call.Examples(media).Select(example => (call, media, example)))).ToList();

        Assert.Equal(5, examples.Count);
        foreach (var (call, media, (name, summary, value)) in examples)
        {
            var asked = Regex.Match(summary, @"^Fill in the query parameter (?<name>\w+): (?<value>\w+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
            var address = call.Address((_, parameter) => asked.Success && parameter == asked.Groups["name"].Value ? asked.Groups["value"].Value : null);
            var content = new StringContent(value.GetString()!, Encoding.UTF8) { Headers = { ContentType = new MediaTypeHeaderValue(media) } };
            using var response = await Client.PostAsync(address, content);
            Assert.True((int)response.StatusCode is 200 or 202, $"{address} {name}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>A notebook with an entry and a claimed job, a finished job, a locked proof: ids by the first part of a path and the parameter's name.</summary>
    private async Task<Func<string, string, string?>> MakeThingsAsync()
    {
        var notebook = await PostAsync("/notebooks", """{ "name": "described" }""", "id");
        await PostAsync($"/notebooks/{notebook}/entries", $$"""{ "entry_id": "{{Entry}}", "content": "token" }""", "entry_id");
        var claimed = JsonElement.Parse(await Client.GetStringAsync($"/notebooks/{notebook}/jobs/next?worker_id=robot-1"));
        var job = await PostAsync("/batch/jobs", """{ "job_type": "attestations", "items": [ { "subjects": ["a"] }, { "subjects": [] } ] }""", "batch_job_id");
        using var wait = new HttpRequestMessage(HttpMethod.Get, $"/batch/jobs/{job}") { Headers = { { "Prefer", "wait=20" } } };
        using var ended = await Client.SendAsync(wait);
        var device = $"{Guid.NewGuid()}";
        await PostAsync("/devices/enroll", $$"""
            { "device_id": "{{device}}", "public_key": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "platform": "ios" }
            """, "token");
        var proof = await PostAsync("/proofs/lock", $$"""
            { "device_id": "{{device}}", "device_pubkey": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
              "asset_hash": "sha256:{{new string('a', 64)}}", "capture_time_utc": "2026-01-31T12:00:00Z" }
            """, "record_id");
        return (path, name) => (path.Split('/')[1], name) switch
        {
            ("notebooks", "id") => notebook,
            ("notebooks", "jobId") => claimed.GetProperty("id").GetString(),
            ("batch", "id") => job,
            ("proofs", "record_id") => proof,
            ("devices", "id") => device,
            ("frames", "id") => "step-1",
            _ => null,
        };
    }

    private async Task<string> PostAsync(string path, string body, string member)
    {
        using var response = await Client.PostAsync(path, new StringContent(body, Encoding.UTF8, Json));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {text}");
        return JsonElement.Parse(text).GetProperty(member).ToString();
    }

    private async Task<(int Status, JsonElement Body)> SendAsync(DescribedCall call, string? body, Func<string, string, string?>? ids = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(call.Method), call.Address(ids ?? ((_, _) => null)));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, Json);
        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var isJson = response.Content.Headers.ContentType?.MediaType is Json or "application/problem+json";
        return ((int)response.StatusCode, isJson ? JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()) : default);
    }

    /// <summary>Every place that an answer finds fault with.</summary>
    private static IEnumerable<string> Blamed(JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.Object => answer.EnumerateObject().SelectMany(member =>
            member.Name is "pointer" or "path" && member.Value.ValueKind == JsonValueKind.String ? [member.Value.GetString()!] : Blamed(member.Value)),
        JsonValueKind.Array => answer.EnumerateArray().SelectMany(Blamed),
        _ => [],
    };

    private static IEnumerable<string> Unknown(JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.Object when answer.TryGetProperty("code", out var code) && code.ValueEquals("FIELD_UNKNOWN") && answer.TryGetProperty("pointer", out var pointer) =>
            [pointer.GetString()!],
        JsonValueKind.Object => answer.EnumerateObject().SelectMany(member => Unknown(member.Value)),
        JsonValueKind.Array => answer.EnumerateArray().SelectMany(Unknown),
        _ => [],
    };

    private static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(text => text.GetString());
}
