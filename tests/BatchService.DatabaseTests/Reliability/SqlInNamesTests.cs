using System.Text;
using System.Text.Json;
using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>
/// SQL in the place of a name is an unknown name, and nowhere does it become part of a statement: the server logs every statement, without
/// the values that are bound to it.
/// </summary>
[Collection(ReliabilityCollection.Name)]
public sealed class SqlInNamesTests(SqlInNamesTests.World world, ITestOutputHelper output) : IClassFixture<SqlInNamesTests.World>
{
    /// <summary>Paths and bodies with the payload, as a JSON string, in the place of a name.</summary>
    private static readonly Func<string, (string Path, string Body)>[] s_names =
    [
        .. ((Func<string, string>[])
        [
            name => $$"""{"entity":{{name}},"action":"read"}""",
            name => $$"""{"entity":{{name}},"action":"create","store_params":{"town_id":9} }""",
            name => $$"""{"entity":"town","action":{{name}},"query_params":{"town_id":1} }""",
            name => $$"""{"entity":"town","action":"create","store_params":{"town_id":9,"name":"x",{{name}}:1} }""",
            name => $$"""{"entity":"town","action":"upsert","store_params":{"town_id":9,"name":"x",{{name}}:1} }""",
            name => $$"""{"entity":"town","action":"update","query_params":{"town_id":1},"store_params":{ {{name}}:1} }""",
            name => $$"""{"entity":"town","action":"update","query_params":{ {{name}}:1},"store_params":{"name":"x"} }""",
            name => $$"""{"entity":"town","action":"delete","query_params":{ {{name}}:1} }""",
            name => $$"""{"entity":"town","action":"assert","query_params":{ {{name}}:1} }""",
            name => $$"""{"entity":"town","action":"read","query_params":{"town_id":{{Join(name, "::1")}} } }""",
            name => $$"""{"entity":"town","action":"delete","query_params":{"town_id":{{Join(name, "::1")}} } }""",
            name => $$"""{"entity":"person","action":"read","query_params":{ {{Join("town.", name)}}:1} }""",
            name => $$"""{"entity":"person","action":"read","query_params":{ {{Join(name, ".name")}}:1} }""",
            name => $$"""{"entity":"town","action":"read","metadata_params":{"sort":[{{name}}]} }""",
            name => $$"""{"entity":"town","action":"read","metadata_params":{"sort":{{Join("name:", name)}} } }""",
            name => $$"""{"entity":"person","action":"read","metadata_params":{"sort":[{{Join("town.", name)}}]} }""",
            name => $$"""{"entity":"person","action":"read","metadata_params":{"properties":[{{Join(name, ":name")}}]} }""",
            name => $$"""{"entity":"town","action":"read","metadata_params":{"limit":{{name}} } }""",
            name => $$"""{"entity":"town","action":"read","metadata_params":{"offset":{{name}} } }""",
            name => $$"""{"entity":"town","action":"read","metadata_params":{ {{name}}:1} }""",
            name => $$"""{"entity":"town","action":"delete","query_params":{"town_id":1},"metadata_params":{"expect_affected":{{name}} } }""",
            name => $$"""{"entity":"town","action":"update","query_params":{"town_id":1},"store_params":{"name":"x"},"metadata_params":{"if_match":{{name}} } }""",
            name => $$"""{"entity":"town","action":"upsert","store_params":{"town_id":1,"name":"x"},"metadata_params":{"on_conflict":{"columns":[{{name}}]} } }""",
            name => $$"""{"entity":"town","action":"upsert","store_params":{"town_id":1,"name":"x"},"metadata_params":{"on_conflict":{"action":{{name}} } } }""",
            name => $$"""{"entity":"town","action":"read","depends_on":[{{name}}]}""",
        ]).Select(operation => (Func<string, (string, string)>)(name => ("/batch", $$"""{"operations":[{{operation(name)}}]}"""))),
        name => ("/entities/town/batch", $$"""{"action":{{name}},"items":[{"town_id":9}]}"""),
        name => ("/entities/town/batch", $$"""{"action":"create","items":[{"town_id":9,{{name}}:1}]}"""),
        name => ("/entities/town/batch", $$"""{"action":"upsert","items":[{"town_id":9,"name":"x"}],"options":{"on_conflict":{"columns":[{{name}}]} } }"""),
        name => ($"/entities/{InAddress(name)}/batch", """{"action":"create","items":[{"town_id":9}]}"""),
        name => ("/batch/jobs", $$"""{"job_type":{{name}},"items":[{"town_id":9}]}"""),
        name => ("/batch/jobs", $$"""{"job_type":"rows","options":{"entity":{{name}},"action":"create"},"items":[{"town_id":9}]}"""),
        name => ("/batch/jobs", $$"""{"job_type":"rows","options":{"entity":"town","action":{{name}} },"items":[{"town_id":9}]}"""),
        name => ("/batch/jobs", $$"""{"job_type":"rows","options":{"entity":"town","action":"create",{{name}}:1},"items":[{"town_id":9}]}"""),
    ];

    private static readonly string[] s_payloads = [.. SqlPayloads.Marked.Take(ReliabilityRun.Count(inCi: 15, onDemand: SqlPayloads.Marked.Length))];

    [Fact]
    public async Task In_the_place_of_a_name_nothing_but_4xx_and_nothing_of_it_in_a_statement()
    {
        foreach (var payload in s_payloads.Concat(SqlPayloads.Meaningful))
        {
            foreach (var form in s_names)
            {
                var (path, body) = form(JsonSerializer.Serialize(payload));
                using var response = await world.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
                Assert.True((int)response.StatusCode is >= 400 and < 500, $"{(int)response.StatusCode} {path} {body}");
                await HostileAnswer.AssertFitAsync(response, $"{path} {body}", payload);
            }
            using var described = await world.Client.GetAsync($"/entities/{InAddress(JsonSerializer.Serialize(payload))}");
            Assert.InRange((int)described.StatusCode, 400, 499);
            await world.AssertLoggedWithoutAsync(SqlPayloads.Mark);
        }
        output.WriteLine($"{s_payloads.Length + SqlPayloads.Meaningful.Length} payloads in {s_names.Length + 1} places");
        Assert.Equal("Ulm Bonn", await world.TextAsync("SELECT string_agg(name, ' ' ORDER BY town_id) FROM town"));
    }

    [Fact]
    public async Task In_any_field_of_any_call_nothing_of_it_becomes_part_of_a_statement()
    {
        var places = await HostileWorld.PlacesAsync(world.Client);
        var payloads = new Random(ReliabilityRun.Seed(output)).GetItems(SqlPayloads.Marked, ReliabilityRun.Count(inCi: 2, onDemand: 20));
        foreach (var payload in payloads)
        {
            await Parallel.ForEachAsync(places, async (place, _) =>
            {
                using var request = place.With(JsonSerializer.Serialize(payload));
                using var response = await world.Client.SendAsync(request, CancellationToken.None);
                await HostileAnswer.AssertFitAsync(response, $"{place.Name}: {payload}", payload);
            });
            await world.AssertLoggedWithoutAsync(SqlPayloads.Mark);
        }
        output.WriteLine($"{payloads.Length} payloads in {places.Count} places");
    }

    [Fact]
    public async Task The_log_that_this_rests_on_shows_what_is_part_of_a_statement_and_not_what_is_bound()
    {
        await using var bound = new NpgsqlCommand("SELECT $1", world.Logged) { Parameters = { new NpgsqlParameter<string> { TypedValue = "a-bound-value" } } };
        await bound.ExecuteNonQueryAsync();
        await world.AssertLoggedWithoutAsync("a-bound-value");

        await using var part = new NpgsqlCommand("SELECT 'a-part'", world.Logged);
        await part.ExecuteNonQueryAsync();
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => world.AssertLoggedWithoutAsync("a-part"));
    }

    private static string Join(string left, string right) => JsonSerializer.Serialize(Plain(left) + Plain(right));

    private static string Plain(string text) => text.StartsWith('"') ? JsonSerializer.Deserialize<string>(text)! : text;

    private static string InAddress(string name) => Uri.EscapeDataString(Plain(name));

    /// <summary>A server that logs every statement of the service, which runs in a process of its own.</summary>
    public sealed class World : IAsyncLifetime
    {
        private ReliabilityPostgres _server = null!;
        private ServiceProcess _service = null!;
        private NpgsqlDataSource _database = null!;

        public HttpClient Client { get; } = new();

        public NpgsqlConnection Logged { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            _server = await ReliabilityPostgres.StartAsync();
            _database = NpgsqlDataSource.Create(_server.ConnectionString);
            await using (var create = _database.CreateCommand("""
                CREATE TABLE town (town_id integer PRIMARY KEY, name text NOT NULL);
                CREATE TABLE person (person_id integer PRIMARY KEY, town_id integer REFERENCES town);
                INSERT INTO town VALUES (1, 'Ulm'), (2, 'Bonn');
                """))
            {
                await create.ExecuteNonQueryAsync();
            }
            await SampleDatabase.LoadAsync(_database, "chinook", CancellationToken.None);
            await using (var log = _database.CreateCommand("""
                ALTER DATABASE postgres SET log_statement = 'all';
                ALTER DATABASE postgres SET log_min_messages = 'log';
                ALTER DATABASE postgres SET log_parameter_max_length = 0;
                """))
            {
                await log.ExecuteNonQueryAsync();
            }
            Logged = new NpgsqlConnection(_server.ConnectionString + ";Pooling=false");
            await Logged.OpenAsync();
            _service = await ServiceProcess.StartAsync(
                $"ConnectionStrings:Batch={_server.ConnectionString}", "Serilog:MinimumLevel=Error", "Jobs:MaxRunningPerCaller=10000", "Database:ConnectionTimeout=00:00:30");
            Assert.True(_service.Address is not null, _service.Output);
            Client.BaseAddress = _service.Address;
        }

        public async Task<string> TextAsync(string sql)
        {
            await using var command = _database.CreateCommand(sql);
            return (string)(await command.ExecuteScalarAsync())!;
        }

        /// <summary>Reads what was logged since the last time; fails when this text is in it, or nothing was logged.</summary>
        internal async Task AssertLoggedWithoutAsync(string text)
        {
            // The server appends, so that what has been read can be cut off.
            await using var log = new FileStream(_server.Log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            using var reader = new StreamReader(log);
            var seen = false;
            while (await reader.ReadLineAsync() is { } line)
            {
                seen |= line.Contains("LOG:", StringComparison.Ordinal);
                Assert.False(line.Contains(text, StringComparison.Ordinal), line);
            }
            log.SetLength(0);
            Assert.True(seen, "Nothing was logged: the test shows nothing.");
        }

        public async Task DisposeAsync()
        {
            await Logged.DisposeAsync();
            await _service.DisposeAsync();
            await _database.DisposeAsync();
            await _server.DisposeAsync();
            Client.Dispose();
        }
    }
}
