using System.Net;
using System.Text;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Batching;

/// <summary>A serialization failure or a deadlock is repeated by the server; the client hears of it only when that did not help.</summary>
public sealed class PassingFailureTests(PassingFailureTests.Service service) : IClassFixture<PassingFailureTests.Service>
{
    private const string Never = "1000000";

    /// <summary>The first attempt and three repetitions.</summary>
    private const int Attempts = 4;

    public static TheoryData<string, string> States => new()
    {
        { "40001", "SERIALIZATION_FAILURE" },
        { "40P01", "DEADLOCK_DETECTED" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public async Task Is_answered_with_409_and_nothing_is_written_when_every_repetition_meets_it(string state, string code)
    {
        foreach (var (path, body) in Calls(state, Never))
        {
            await service.BeginAsync();
            var answer = await PostAsync(path, body);

            Assert.Equal((HttpStatusCode.Conflict, code), (answer.Status, answer.Code));
            Assert.True(answer.Root.GetProperty("retryable").GetBoolean());
            Assert.DoesNotContain("completed", answer.Text, StringComparison.Ordinal);
            Assert.True(await service.NumberAsync("SELECT last_value FROM attempts") >= Attempts, "The server gave up too soon.");
            Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM unsteady"));
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task Is_not_seen_by_the_client_when_a_repetition_succeeds(string state, string code)
    {
        foreach (var (path, body) in Calls(state, failures: "2"))
        {
            await service.BeginAsync();
            var answer = await PostAsync(path, body);

            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.DoesNotContain(code, answer.Text, StringComparison.Ordinal);
            Assert.Equal(2, await service.NumberAsync("SELECT count(*) FROM unsteady"));
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task Is_the_failure_of_its_item_in_best_effort(string state, string code)
    {
        await service.BeginAsync();
        var answer = await PostAsync("/entities/unsteady/batch", Rows(state, Never, """{"atomic":false,"continueOnError":true}"""));

        Assert.Equal((HttpStatusCode.MultiStatus, "completed failed"), (answer.Status, answer.Statuses));
        Assert.Equal($"1:{code}", answer.Failures);
        Assert.Equal(1, await service.NumberAsync("SELECT count(*) FROM unsteady"));
    }

    /// <summary>A row that goes in and one that fails so many times, through both doors.</summary>
    private static IEnumerable<(string Path, string Body)> Calls(string state, string failures) =>
    [
        ("/entities/unsteady/batch", Rows(state, failures, "{}")),
        ("/batch", $$"""
            {"operations":[
              {"entity":"unsteady","action":"create","store_params":{"unsteady_id":1} },
              {"entity":"unsteady","action":"create","store_params":{"unsteady_id":2,"state":"{{state}}","failures":{{failures}} } }]}
            """),
    ];

    private static string Rows(string state, string failures, string options) =>
        $$"""{"action":"create","items":[{"unsteady_id":1},{"unsteady_id":2,"state":"{{state}}","failures":{{failures}} }],"options":{{options}} }""";

    private Task<RowsAnswer> PostAsync(string path, string body) =>
        service.Client.PostContentAsync(path, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), RowsClient.Json);

    /// <summary>A table whose rows say how they fail, and how many times; a sequence counts, which no rollback takes back.</summary>
    public sealed class Service : ServiceFixture
    {
        private const string Table = """
            CREATE SEQUENCE attempts;
            CREATE TABLE unsteady (unsteady_id integer PRIMARY KEY, state text, failures integer);
            CREATE FUNCTION unsteady_write() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('attempts') <= NEW.failures THEN RAISE EXCEPTION USING ERRCODE = NEW.state; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER unsteady_write BEFORE INSERT ON unsteady FOR EACH ROW WHEN (NEW.state IS NOT NULL) EXECUTE FUNCTION unsteady_write();
            """;

        internal async Task BeginAsync()
        {
            await using var command = Database.CreateCommand("TRUNCATE unsteady; ALTER SEQUENCE attempts RESTART");
            await command.ExecuteNonQueryAsync();
        }

        internal async Task<long> NumberAsync(string sql)
        {
            await using var command = Database.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync())!;
        }

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand(Table);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
