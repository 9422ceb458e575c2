using System.Diagnostics;
using System.Net;
using BatchService.DatabaseTests.Operating;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Every connection of the pool waits for a lock: who comes then is told soon that the service is busy, and not that the database is gone.</summary>
public sealed class ExhaustedPoolTests(ExhaustedPoolTests.Service service) : IClassFixture<ExhaustedPoolTests.Service>
{
    private const string Word = """{"action":"create","items":[{"text":"w"}]}""";

    [Fact]
    public async Task Reads_and_writes_of_every_domain_are_refused_as_overload_within_three_seconds()
    {
        using var warm = await service.Client.PostAsync("/entities/word/batch", Word);
        var held = await service.LockAsync();
        var waiting = Enumerable.Range(0, Service.Connections).Select(_ => service.Client.GetAsync("/attestations")).ToArray();
        await RowsWait.UntilAsync(async () => await service.WaitingAsync() == Service.Connections);

        var clock = Stopwatch.StartNew();
        var refused = await Task.WhenAll(
            service.Client.GetAsync("/attestations?subject=s"),
            service.Client.GetAsync($"/attestations/AS{new string('0', 30)}"),
            service.Client.PostAsync("/attestations/batch/query", """{"filters":[{}]}"""),
            service.Client.GetAsync("/frames"),
            service.Client.GetAsync("/frames/stats"),
            service.Client.GetAsync("/notebooks"),
            service.Client.GetAsync($"/notebooks/{Guid.Empty}/browse"),
            service.Client.GetAsync("/devices/none"),
            service.Client.GetAsync("/batch/jobs"),
            service.Client.PostAsync("/entities/word/batch", Word));
        var took = clock.Elapsed;
        await held.DisposeAsync();

        Assert.InRange(took.TotalSeconds, 1.5, 3.5);
        foreach (var answer in refused)
        {
            var problem = await answer.JsonAsync();
            Assert.Equal(
                (HttpStatusCode.ServiceUnavailable, "OVERLOADED", true),
                (answer.StatusCode, problem.GetProperty("code").GetString(), problem.GetProperty("retryable").GetBoolean()));
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        using var then = await service.Client.GetAsync("/frames");
        Assert.Equal(HttpStatusCode.OK, then.StatusCode);
    }

    /// <summary>Three connections, which wait for locks longer than anyone waits for them.</summary>
    public sealed class Service : ServiceFixture
    {
        public const int Connections = 3;

        /// <summary>Holds the attestations until it is disposed of.</summary>
        internal async Task<NpgsqlConnection> LockAsync()
        {
            var connection = await Database.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE batch.attestation", connection);
            await command.ExecuteNonQueryAsync();
            return connection;
        }

        internal async Task<long> WaitingAsync()
        {
            await using var command = Database.CreateCommand(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            return (long)(await command.ExecuteScalarAsync())!;
        }

        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Database:MaxPoolSize"] = $"{Connections}";
            settings["Database:LockTimeout"] = "00:00:20";
            settings["Database:StatementTimeout"] = "00:00:20";
        }

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand("CREATE TABLE word (text text NOT NULL)");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
