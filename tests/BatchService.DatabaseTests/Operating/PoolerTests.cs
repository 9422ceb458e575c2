using System.Net;
using BatchService.DatabaseTests.Rows;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests.Operating;

/// <summary>The service as it is behind PgBouncer in transaction mode: nothing of a session, and LISTEN on a connection of its own.</summary>
public sealed class PoolerTests(PoolerTests.Service service) : IClassFixture<PoolerTests.Service>
{
    [Fact]
    public async Task Batches_have_their_time_outs_and_claims_without_start_up_options()
    {
        var body = """{"operations":[{"entity":"setting","action":"create","store_params":{}}]}""";
        using var response = await service.Client.PostAsync("/batch", body);
        var row = (await response.JsonAsync()).GetProperty("results").GetProperty("op_0").GetProperty("data")[0];

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("10s", "2s", "dev"), (row.GetProperty("statement").GetString(), row.GetProperty("lock").GetString(), row.GetProperty("sub").GetString()));
        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SHOW statement_timeout");
        Assert.Equal("0", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Nothing_is_prepared()
    {
        for (var call = 0; call < 10; call++)
        {
            using var response = await service.Client.PostAsync("/entities/thing/batch", """{"action":"create","items":[{"name":"a"}]}""");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT count(*) FROM pg_prepared_statements");
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Listens_past_the_pooler()
    {
        var listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'direct' AND query LIKE 'LISTEN %' AND datname = current_database()";
        await RowsWait.UntilAsync(async () =>
        {
            await using var command = service.Database.CreateCommand(listening);
            return (long)(await command.ExecuteScalarAsync())! >= 2;
        });
    }

    [Fact]
    public async Task Does_not_start_without_a_way_past_the_pooler()
    {
        await using var process = await ServiceProcess.StartAsync("ConnectionStrings:Batch=Host=127.0.0.1;Port=1", "Database:TransactionPooler=true");

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("ConnectionStrings:Listen", process.Output, StringComparison.Ordinal);
    }

    /// <summary>Behind a pooler, as far as the service is told.</summary>
    public sealed class Service : ServiceFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Database:TransactionPooler"] = "true";
            settings["ConnectionStrings:Listen"] = $"{settings["ConnectionStrings:Batch"]};Application Name=direct";
        }

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand(
                """
                CREATE TABLE thing (thing_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
                CREATE TABLE setting (
                    statement text DEFAULT current_setting('statement_timeout'), lock text DEFAULT current_setting('lock_timeout'),
                    sub text DEFAULT current_setting('request.jwt.claim.sub'));
                """);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
