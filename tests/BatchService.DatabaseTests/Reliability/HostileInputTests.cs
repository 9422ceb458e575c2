using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Nothing that a client sends is answered with a 5xx, and no error shows what the service is made of.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class HostileInputTests(HostileFixture fixture, ITestOutputHelper output) : IClassFixture<HostileFixture>
{
    private const long MiB = 1024 * 1024;

    private static readonly string[] Actions = ["create", "read", "update", "delete", "upsert", "assert"];

    private static readonly string[] Operators =
        ["lt", "le", "eq", "ne", "gt", "ge", "in", "not-in", "between", "not-between", "like", "not-like", "ilike", "is-null", "not-null", "nobody"];

    private int _requests;

    [Fact]
    public async Task Survives_hostile_values_in_every_column_type_and_gives_back_what_it_took()
    {
        await WarmUpAsync();
        var memory = Memory();
        foreach (var value in HostileInput.Values)
            await PostEverywhereAsync(value);
        await AssertSettledAsync(memory);
        await PostEverywhereAsync(HostileInput.Long);
    }

    private async Task PostEverywhereAsync(string value)
    {
        var rows = HostileFixture.Columns.Keys.Select(column => $"{{{JsonSerializer.Serialize(column)}:{value}}}").ToList();
        await PostAsync("/entities/vault/batch", $$"""{"action":"create","items":[{{string.Join(',', rows)}}],"options":{"atomic":false,"continueOnError":true} }""");
        await PostAsync("/entities/vault/batch?action=create&atomic=false&continueOnError=true", string.Join('\n', rows), "application/x-ndjson");
        await PostAsync("/entities/vault/batch?action=upsert&on_conflict=c_text", string.Join('\n', rows), "application/x-ndjson");
        foreach (var action in Actions)
            await PostAsync("/batch", Operations(column => Operation(action, column, value)));
    }

    [Fact]
    public async Task Survives_every_operator_with_hostile_operands()
    {
        await WarmUpAsync();
        var memory = Memory();
        foreach (var value in HostileInput.Values.Where(value => value.StartsWith('"')))
        {
            foreach (var name in Operators)
                await PostAsync("/batch", Operations(column => Operation("read", column, $"\"{name}::{value[1..]}")));
        }
        await AssertSettledAsync(memory);
    }

    [Fact]
    public async Task Survives_bodies_that_are_no_batch()
    {
        await WarmUpAsync();
        var memory = Memory();
        var bodies = HostileInput.Bodies.Select(Encoding.UTF8.GetBytes).Concat(HostileInput.Bytes);
        foreach (var body in bodies)
        {
            await PostAsync("/batch", body);
            await PostAsync("/entities/vault/batch", body);
            await PostAsync("/entities/reload", body);
            foreach (var media in (string[])["application/x-ndjson", "text/csv"])
            {
                foreach (var options in (string[])["action=create", "action=update&atomic=false", "action=delete&atomic=false&continueOnError=true"])
                    await PostAsync($"/entities/vault/batch?{options}", body, media);
            }
        }
        await AssertSettledAsync(memory);
    }

    [Fact]
    public async Task Survives_hostile_names_in_every_place_of_a_name()
    {
        await WarmUpAsync();
        var memory = Memory();
        foreach (var name in HostileInput.Names)
        {
            var text = JsonSerializer.Serialize(name);
            string[] operations =
            [
                $$"""{"entity":{{text}},"action":"read"}""",
                $$"""{"id":{{text}},"entity":"vault","action":"read"}""",
                $$"""{"entity":"vault","action":{{text}}}""",
                $$"""{"entity":"vault","action":"read","depends_on":[{{text}}]}""",
                $$"""{"entity":"vault","action":"read","query_params":{ {{text}}:1} }""",
                $$"""{"entity":"vault","action":"create","store_params":{ {{text}}:1} }""",
                $$"""{"entity":"vault","action":"update","query_params":{"vault_id":1},"store_params":{ {{text}}:1} }""",
                $$"""{"entity":"vault","action":"upsert","store_params":{"c_text":"a"},"metadata_params":{"on_conflict":{"columns":[{{text}}],"action":{{text}} } } }""",
                .. ((string[])["sort", "limit", "offset", "count", "properties", "expect_affected", "max_affected", "expect", "if_match", "nobody"])
                    .SelectMany(field => (string[])[
                        $$"""{"entity":"vault","action":"read","metadata_params":{"{{field}}":{{text}}} }""",
                        $$"""{"entity":"vault","action":"delete","query_params":{"vault_id":-1},"metadata_params":{"{{field}}":{{text}}} }""",
                        $$"""{"entity":"vault","action":"assert","query_params":{"vault_id":-1},"metadata_params":{"{{field}}":{{text}}} }"""]),
                $$"""{"entity":"vault","action":"read","metadata_params":{ {{text}}:1} }""",
            ];
            foreach (var operation in operations)
                await PostAsync("/batch", $$"""{"operations":[{{operation}}]}""");
            await PostAsync("/batch", $$"""{"operations":[{"id":"a","entity":"vault","action":"read"},{"entity":"vault","action":"create","store_params":{"c_text":{{JsonSerializer.Serialize("$ref:a." + name)}}} }]}""");
            var path = Escape(name);
            await PostAsync($"/entities/{path}/batch", """{"action":"create","items":[{"c_text":"z"}]}""");
            foreach (var parameter in (string[])["action", "atomic", "continueOnError", "validateOnly", "return", "results", "on_conflict", "on_conflict_action", "nobody"])
                await PostAsync($"/entities/vault/batch?action=upsert&{parameter}={path}", """{"c_text":"y"}""", "application/x-ndjson");
            await PostAsync("/entities/vault/batch?action=create", $"{name}\nvalue\n", "text/csv");
        }
        await AssertSettledAsync(memory);
    }

    [Fact]
    public async Task Survives_hostile_headers()
    {
        await WarmUpAsync();
        var memory = Memory();
        foreach (var value in HostileInput.HeaderValues)
        {
            foreach (var name in (string[])["Idempotency-Key", "Prefer", "Accept", "Content-Type", "Content-Encoding", "Accept-Encoding", "Authorization", "If-Match", "traceparent", "X-Forwarded-For"])
            {
                await PostAsync("/batch", """{"operations":[{"entity":"vault","action":"create"}]}"""u8.ToArray(), header: (name, value));
                await PostAsync("/entities/vault/batch", """{"action":"create","items":[{"c_text":"w"}],"options":{"atomic":false}}"""u8.ToArray(), header: (name, value));
                await PostAsync("/entities/vault/batch?action=create", "{\"c_int4\":1}"u8.ToArray(), "application/x-ndjson", (name, value));
            }
        }
        await AssertSettledAsync(memory);
    }

    [Fact]
    public async Task Survives_hostile_addresses_and_queries_on_every_GET()
    {
        await WarmUpAsync();
        var memory = Memory();
        string[] routes = ["/", "/entities", "/entities/{x}", "/batch/errors", "/batch/errors/{x}", "/batch/capabilities", "/healthz", "/readyz", "/openapi/v1.json", "/openapi/{x}", "/swagger/{x}", "/{x}"];
        foreach (var name in HostileInput.Names.Select(Escape))
        {
            foreach (var route in routes)
            {
                foreach (var query in (string[])["", $"?{name}={name}", $"?limit={name}&cursor={name}"])
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, route.Replace("{x}", name, StringComparison.Ordinal) + query);
                    await SendAsync(request, $"GET {route}{query}");
                }
            }
        }
        foreach (var method in (string[])["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "NOBODY"])
        {
            foreach (var route in (string[])["/batch", "/entities", "/entities/vault", "/entities/vault/batch", "/healthz"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), route);
                await SendAsync(request, $"{method} {route}");
            }
        }
        await AssertSettledAsync(memory);
    }

    /// <summary>Short enough for an address, and without NUL, which the test server, unlike Kestrel, lets through to the routing.</summary>
    private static string Escape(string name) =>
        Uri.EscapeDataString((name.Length > 1_000 ? name[..1_000] : name).Replace("\0", "", StringComparison.Ordinal));

    private static string Operations(Func<string, string> operation) =>
        $$"""{"operations":[{{string.Join(',', HostileFixture.Columns.Keys.Select(operation))}}],"options":{"atomic":false,"continueOnError":true} }""";

    private static string Operation(string action, string column, string value)
    {
        var cell = $"{{{JsonSerializer.Serialize(column)}:{value}}}";
        return action switch
        {
            "create" => $$"""{"entity":"vault","action":"create","store_params":{{cell}} }""",
            "upsert" => $$"""{"entity":"vault","action":"upsert","store_params":{{cell}},"metadata_params":{"on_conflict":{"columns":["c_text"]} } }""",
            "update" => $$"""{"entity":"vault","action":"update","store_params":{{cell}},"query_params":{"vault_id":1} }""",
            _ => $$"""{"entity":"vault","action":"{{action}}","query_params":{{cell}},"metadata_params":{"max_affected":1} }""",
        };
    }

    private Task PostAsync(string path, string body, string mediaType = "application/json") => PostAsync(path, Encoding.UTF8.GetBytes(body), mediaType);

    private async Task PostAsync(string path, byte[] body, string mediaType = "application/json", (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        if (header is var (name, value))
        {
            request.Content.Headers.Remove(name.StartsWith("Content-", StringComparison.Ordinal) ? name : "X");
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        await SendAsync(request, $"{header} {path} {Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, 600))}");
    }

    private async Task SendAsync(HttpRequestMessage request, string what)
    {
        using var response = await fixture.Client.SendAsync(request);
        _requests++;
        await HostileAnswer.AssertFitAsync(response, what);
    }

    private async Task WarmUpAsync()
    {
        for (var round = 0; round < 20; round++)
            await PostAsync("/batch", Operations(column => Operation("create", column, "null")));
    }

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>No transaction is left open, no statement runs, the pool is within its bounds, and memory is back.</summary>
    private async Task AssertSettledAsync(long memory)
    {
        await using var command = fixture.Database.CreateCommand("""
            SELECT count(*)::integer, count(*) FILTER (WHERE state <> 'idle')::integer
            FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'BatchService'
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var grown = (Memory() - memory) / MiB;
        output.WriteLine($"{_requests} requests, {reader.GetInt32(0)} connections, memory {grown:+0;-0} MiB");
        Assert.True(reader.GetInt32(0) <= 20);
        Assert.Equal(0, reader.GetInt32(1));
        Assert.True(grown < 64, $"Memory grew by {grown} MiB.");
    }
}
