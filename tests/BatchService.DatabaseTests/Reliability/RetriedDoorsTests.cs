using BatchService.DatabaseTests.Rows;
using Npgsql;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Whatever door a request comes by, and however often it is repeated, at once, one after the other, after going away: with a key it has one effect.</summary>
public sealed class RetriedDoorsTests(RetriedDoorsTests.Service service, ITestOutputHelper output) : IClassFixture<RetriedDoorsTests.Service>
{
    private const int Items = 4;
    private const string BestEffort = "atomic=false&continueOnError=true";

    private static readonly Door[] Doors =
    [
        new("/batch", tag => $$"""{"operations":[{{Repeat(",", $$"""{"entity":"word","action":"create","store_params":{"text":"{{tag}}"} }""")}}]}""", Word),
        new("/entities/word/batch", tag => Rows(tag, "{}"), Word),
        new("/entities/word/batch", tag => Rows(tag, """{"atomic":false,"continueOnError":true}"""), Word),
        new($"/entities/word/batch?action=create&{BestEffort}", tag => Repeat("", $$"""{"text":"{{tag}}"}""" + "\n"), Word) { MediaType = RowsClient.Ndjson },
        new("/batch/jobs", tag => $$"""{"job_type":"rows","options":{"entity":"word","action":"create"},"items":[{{Repeat(",", $$"""{"text":"{{tag}}"} """)}}]}""", Word),
        new("/attestations", tag => $$"""{"subjects":["{{tag}}"]}""", Attestation) { Effects = 1 },
        new("/attestations/batch", tag => $$"""{"commands":[{{Repeat(",", $$"""{"subjects":["{{tag}}"]}""")}}]}""", Attestation),
        new("/attestations/batch", tag => $$"""{"mode":"best_effort","commands":[{{Repeat(",", $$"""{"subjects":["{{tag}}"]}""")}}]}""", Attestation),
        new("/notebooks", tag => $$"""{"name":"{{tag}}"}""", "SELECT count(*) FROM batch.notebook WHERE name = $1") { Effects = 1 },
        new("/notebooks/{notebook}/entries", Entry, Topic) { Effects = 1 },
        new("/notebooks/{notebook}/batch", tag => $$"""{"author":"a","entries":[{{Repeat(",", Entry(tag))}}]}""", Topic),
    ];

    private const string Word = "SELECT count(*) FROM word WHERE text = $1";
    private const string Attestation = "SELECT count(*) FROM batch.attestation WHERE $1 = ANY (subjects)";
    private const string Topic = "SELECT count(*) FROM batch.entry WHERE topic = $1";

    [Fact]
    public async Task Random_repetitions_with_a_key_have_one_effect_at_every_door()
    {
        var random = new Random(ReliabilityRun.Seed(output));
        var notebook = (await service.Client.PostContentAsync("/notebooks", new StringContent("""{"name":"n"}"""), RowsClient.Json)).Root.GetProperty("id").GetString();
        using var http = service.CreateClient();
        http.DefaultRequestHeaders.Add("Accept", RowsClient.Json);
        var client = new ReliabilityClient(() => http);
        var rounds = Enumerable.Range(0, ReliabilityRun.Count(inCi: 4, onDemand: 100) * Doors.Length).Select(round => (Tag: $"t{round}", Door: Doors[round % Doors.Length])).ToArray();
        foreach (var (tag, door) in rounds)
        {
            var path = door.Path.Replace("{notebook}", notebook, StringComparison.Ordinal);
            var body = door.Body(tag);
            await GoAwayAsync(http, path, door.MediaType, body, tag, TimeSpan.FromMilliseconds(random.Next(0, 30)));
            var atOnce = await Task.WhenAll(Enumerable.Range(0, random.Next(1, 4)).Select(_ => client.SendUntilKnownAsync(path, body, tag, door.MediaType)));
            var later = await client.SendUntilKnownAsync(path, body, tag, door.MediaType);

            Assert.All(atOnce.Append(later), answer => Assert.True((int)answer.Status is >= 200 and < 300, $"{path}: {answer.Body}"));
            Assert.True(later.IsReplay, path);
        }

        output.WriteLine(client.Seen);
        await RowsWait.UntilAsync(async () => await service.CountAsync("SELECT count(*) FROM batch.job WHERE status IN ('pending', 'processing') AND $1 <> ''", "any") == 0);
        foreach (var (tag, door) in rounds)
        {
            Assert.Equal((door.Path, door.Effects), (door.Path, await service.CountAsync(door.Count, tag)));
        }
    }

    private static string Rows(string tag, string options) => $$"""{"action":"create","items":[{{Repeat(",", $$"""{"text":"{{tag}}"} """)}}],"options":{{options}} }""";

    private static string Entry(string tag) => $$"""{"content":"c","content_type":"text/plain","topic":"{{tag}}"}""";

    private static string Repeat(string separator, string item) => string.Join(separator, Enumerable.Repeat(item, Items));

    /// <summary>Sends, and does not wait for the answer for longer than this.</summary>
    private static async Task GoAwayAsync(HttpClient http, string path, string mediaType, string body, string key, TimeSpan patience)
    {
        using var gone = new CancellationTokenSource(patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, null, mediaType) };
        request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var answer = await http.SendAsync(request, gone.Token);
        }
        catch (OperationCanceledException)
        {
            // As meant.
        }
    }

    /// <summary>A way to write, and how often what was written with a tag is there.</summary>
    private sealed record Door(string Path, Func<string, string> Body, string Count)
    {
        public string MediaType { get; init; } = RowsClient.Json;

        public long Effects { get; init; } = Items;
    }

    /// <summary>Nothing here is unique: whatever is written twice shows twice.</summary>
    public sealed class Service : ServiceFixture
    {
        internal async Task<long> CountAsync(string sql, string tag)
        {
            await using var command = Database.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tag });
            return (long)(await command.ExecuteScalarAsync())!;
        }

        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Idempotency:LeaseSeconds"] = "1";
            settings["Batch:ChunkRows"] = "3";
            settings["Serilog:MinimumLevel"] = "Error";
            settings["Jobs:PollMilliseconds"] = "50";
            settings["Jobs:MaxRunningPerCaller"] = "1000";
        }

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand("CREATE TABLE word (text text NOT NULL)");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
