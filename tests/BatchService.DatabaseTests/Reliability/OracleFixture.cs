using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>The same table several times over, so that the same rows can be sent in different ways and compared.</summary>
public sealed class OracleFixture : ServiceFixture
{
    /// <summary>Tables: one by one, as a JSON batch, as NDJSON, all or nothing.</summary>
    public static readonly string[] Tables = ["item_single", "item_json", "item_lines", "item_atomic"];

    /// <summary>Gives all tables the same few rows.</summary>
    public async Task ResetAsync()
    {
        var sql = string.Concat(Tables.Select(table => $"""
            TRUNCATE {table};
            INSERT INTO {table} (item_id, code, parent_id, self_id, quantity, name, amount)
            VALUES (1, 'c1', 1, NULL, 1, 'one', 1), (2, 'c2', 2, 1, 2, 'two', NULL), (3, NULL, NULL, NULL, 3, NULL, 3.5), (4, 'c4', 1, 4, 4, 'four', 4);

            """));
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The whole content as text.</summary>
    public async Task<string> ReadAsync(string table)
    {
        await using var command = Database.CreateCommand($"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY item_id), '') FROM {table} AS t");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var tables = string.Concat(Tables.Select(table => $"""
            CREATE TABLE {table} (
                item_id integer PRIMARY KEY,
                code text UNIQUE,
                parent_id integer REFERENCES parent,
                self_id integer REFERENCES {table},
                quantity integer NOT NULL CHECK (quantity BETWEEN 0 AND 100),
                name varchar(8),
                amount numeric(6, 2),
                kind text NOT NULL DEFAULT 'plain');

            """));
        await using var command = database.CreateCommand(
            $"CREATE TABLE parent (parent_id integer PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 3); {tables}");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Batch:ChunkRows"] = "20";
        settings["Serilog:MinimumLevel"] = "Error";
    }
}
