using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Few rows that many want at the same time.</summary>
public sealed class ContentionFixture : ServiceFixture
{
    public const int Accounts = 8;
    public const int StartBalance = 1_000;

    protected override DatabaseTemplate Template => ReliabilityLedger.Template;

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            CREATE TABLE account (account_id integer PRIMARY KEY, balance integer NOT NULL CHECK (balance >= 0), touched integer NOT NULL DEFAULT 0);
            INSERT INTO account SELECT id, {StartBalance} FROM generate_series(1, {Accounts}) AS g(id);
            CREATE TABLE counter (counter_id integer PRIMARY KEY, value integer NOT NULL);
            INSERT INTO counter VALUES (1, 0);
            CREATE TABLE seat (seat_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL CONSTRAINT seat_code_key UNIQUE, owner integer NOT NULL);
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override void Configure(IDictionary<string, string?> settings) => settings["Serilog:MinimumLevel"] = "Error";
}
