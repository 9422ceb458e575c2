using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests.Data;

/// <summary>What a connection of the running service is like, and that the fixture gives each class its own database.</summary>
public sealed class DatabaseSetupTests(DatabaseSetupTests.Service service) : IClassFixture<DatabaseSetupTests.Service>
{
    [Theory]
    [InlineData("statement_timeout", "7s")]
    [InlineData("lock_timeout", "2s")]
    [InlineData("idle_in_transaction_session_timeout", "15s")]
    [InlineData("client_connection_check_interval", "2s")]
    [InlineData("application_name", "BatchService")]
    public async Task Gives_every_connection_its_limits_also_after_the_pool_reset_it(string setting, string expected)
    {
        var dataSource = service.Services.GetRequiredService<NpgsqlDataSource>();
        await using (var connection = await dataSource.OpenConnectionAsync())
        {
            await using var change = new NpgsqlCommand($"SET {setting} = '1'", connection);
            await change.ExecuteNonQueryAsync();
        }

        await using var command = dataSource.CreateCommand($"SHOW {setting}");
        Assert.Equal(expected, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Runs_on_the_database_that_the_fixture_filled()
    {
        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT word FROM filled");
        Assert.Equal("before the service started", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Names_the_failed_command_of_a_batch()
    {
        await using var batch = service.Services.GetRequiredService<NpgsqlDataSource>().CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 1/0"));

        var failure = await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync());

        Assert.Same(batch.BatchCommands[1], failure.BatchCommand);
    }

    /// <summary>A service with a shorter limit and a table of its own.</summary>
    public sealed class Service : ServiceFixture
    {
        protected override void Configure(IDictionary<string, string?> settings) => settings["Database:StatementTimeout"] = "00:00:07";

        protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand("CREATE TABLE filled AS SELECT 'before the service started' AS word");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
