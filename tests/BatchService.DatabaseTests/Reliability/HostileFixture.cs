using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A table with a column of every kind of type.</summary>
public sealed class HostileFixture : ServiceFixture
{
    /// <summary>Column names and types.</summary>
    public static readonly IReadOnlyDictionary<string, string> Columns = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["c_int2"] = "smallint",
        ["c_int4"] = "integer",
        ["c_int8"] = "bigint",
        ["c_numeric"] = "numeric",
        ["c_money2"] = "numeric(10, 2)",
        ["c_real"] = "real",
        ["c_double"] = "double precision",
        ["c_bool"] = "boolean",
        ["c_text"] = "text UNIQUE",
        ["c_varchar"] = "varchar(5)",
        ["c_char"] = "char(3)",
        ["c_bytea"] = "bytea",
        ["c_date"] = "date",
        ["c_time"] = "time",
        ["c_timetz"] = "timetz",
        ["c_timestamp"] = "timestamp",
        ["c_timestamptz"] = "timestamptz",
        ["c_interval"] = "interval",
        ["c_uuid"] = "uuid",
        ["c_json"] = "json",
        ["c_jsonb"] = "jsonb",
        ["c_inet"] = "inet",
        ["c_cidr"] = "cidr",
        ["c_macaddr"] = "macaddr",
        ["c_ints"] = "integer[]",
        ["c_texts"] = "text[]",
        ["c_range"] = "int4range",
        ["c_enum"] = "mood",
        ["c_pair"] = "pair",
        ["c_xml"] = "xml",
        ["c_point"] = "point",
        ["c_bit"] = "bit(3)",
        ["c_money"] = "money",
        ["c_tsvector"] = "tsvector",
        ["c_domain"] = "short_code",
        ["c_regclass"] = "regclass",
        ["c_hard\"name"] = "text",
        ["c_tsquery"] = "tsquery",
        ["c_jsonpath"] = "jsonpath",
        ["c_regtype"] = "regtype",
        ["c_regprocedure"] = "regprocedure",
        ["c_lsn"] = "pg_lsn",
        ["c_xid"] = "xid8",
        ["c_macaddr8"] = "macaddr8",
        ["c_line"] = "line",
        ["c_polygon"] = "polygon",
        ["c_tstzrange"] = "tstzrange",
        ["c_multirange"] = "int4multirange",
        ["c_oid"] = "oid",
        ["c_name"] = "name",
        ["c_letter"] = "\"char\"",
        ["c_varbit"] = "varbit(5)",
        ["c_moods"] = "mood[]",
        ["c_pairs"] = "pair[]",
        ["c_interval_day"] = "interval second(2)",
        ["c_numeric_5"] = "numeric(5, -2)",
    };

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", Columns.Select(column => $"\"{column.Key.Replace("\"", "\"\"", StringComparison.Ordinal)}\" {column.Value}"));
        await using var command = database.CreateCommand($"""
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE TYPE pair AS (a integer, b text);
            CREATE DOMAIN short_code AS text CHECK (length(VALUE) < 4);
            CREATE TABLE vault (vault_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {columns});
            CREATE TABLE shelf (shelf_id integer PRIMARY KEY, vault_id bigint REFERENCES vault);
            INSERT INTO vault (c_text) VALUES ('here');
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Serilog:MinimumLevel"] = "Error";

        // A 503 would be the busy machine's, not the input's.
        settings["Database:ConnectionTimeout"] = "00:00:30";
    }
}
