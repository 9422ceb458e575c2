using Npgsql;

namespace BatchService.DatabaseTests.Operations;

/// <summary>What the driver prepares, and loses track of, is nobody's concern.</summary>
public sealed class PreparedStatementsTests(PreparedStatementsTests.PreparesAtOnce fixture) : IClassFixture<PreparedStatementsTests.PreparesAtOnce>
{
    private const int Connections = 6;

    [Fact]
    public async Task Good_values_are_written_on_connections_that_prepared_the_statement_with_bad_ones()
    {
        await using var connection = await fixture.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("SELECT FROM place WHERE id = 1 FOR UPDATE", connection, transaction);
        await hold.ExecuteNonQueryAsync();

        // All at once, so that each has a connection of its own.
        var bad = Enumerable.Range(0, Connections).Select(_ => fixture.Client.RunAsync(
            $"{Update("name", "held")}, {Update("spot", "nowhere")}", """{ "atomic": false, "continueOnError": true }""")).ToList();
        await UntilAllWaitAsync(connection, transaction);
        await transaction.CommitAsync();
        foreach (var reply in await Task.WhenAll(bad))
            Assert.Equal("op_0:completed op_1:failed", reply.Expect(207).States);

        var good = (await fixture.Client.RunAsync(Update("spot", "(1,2)"))).Expect(200);

        Assert.Equal("(1,2)", good.Row("op_0").GetProperty("spot").GetString());
    }

    private static string Update(string column, string value) =>
        $$"""{ "entity": "place", "action": "update", "store_params": { "{{column}}": "{{value}}" }, "query_params": { "id": 1 } }""";

    private static async Task UntilAllWaitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        const string Waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        await using var count = new NpgsqlCommand($"{Waiting}; SELECT pg_stat_clear_snapshot()", connection, transaction);
        while (await count.ExecuteScalarAsync() is not (long)Connections)
            await Task.Delay(20);
    }

    public sealed class PreparesAtOnce : ServiceFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["ConnectionStrings:Batch"] += ";Auto Prepare Min Usages=1";
            settings["Database:MaxPoolSize"] = $"{Connections + 2}";
        }

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand(
                "CREATE TABLE place (id integer PRIMARY KEY, name text, spot point); INSERT INTO place (id) VALUES (1)");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
