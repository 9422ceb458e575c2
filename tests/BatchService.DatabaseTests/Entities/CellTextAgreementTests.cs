using System.Globalization;
using System.Text.Json;
using BatchService.Entities;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>What CellText lets through PostgreSQL must take; and where the catalog tells all, the other way round too.</summary>
public sealed class CellTextAgreementTests(NastySchema schema) : IClassFixture<NastySchema>
{
    private Entity Entity => schema.Catalog.Entities["every_type"];

    [Theory]
    [InlineData("vc", "\"a'b\\\\c\\u00e4\\ud83d\\ude00\"")]
    [InlineData("vc", "\"1234567890123456789012345678901234567890   \"")]
    [InlineData("c", "\"ab  \"")]
    [InlineData("one", "\"x\"")]
    [InlineData("i2", "-32768")]
    [InlineData("i4", "5.0")]
    [InlineData("i8", "\"9223372036854775807\"")]
    [InlineData("num", "1e300")]
    [InlineData("num", "\"+.5e-3\"")]
    [InlineData("num", "\"5.\"")]
    [InlineData("money_like", "99999999.994")]
    [InlineData("coarse", "99949")]
    [InlineData("f4", "3.4028235e38")]
    [InlineData("f8", "\"1e-308\"")]
    [InlineData("b", "\"true\"")]
    [InlineData("u", "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"")]
    [InlineData("d", "\"0001-01-01\"")]
    [InlineData("d", "\"9999-12-31\"")]
    [InlineData("tm", "\"24:00\"")]
    [InlineData("tm", "\"23:59:60\"")]
    [InlineData("tm", "\"23:59:59.99999999\"")]
    [InlineData("tmtz", "\"10:00:00.5+05:30\"")]
    [InlineData("tmtz", "\"10:00Z\"")]
    [InlineData("ts", "\"2024-02-29T10:00:00.123456789\"")]
    [InlineData("ts", "\"2024-02-29\"")]
    [InlineData("tstz", "\"2024-02-29t10:00:00z\"")]
    [InlineData("tstz", "\"2024-12-31 23:59:60+0530\"")]
    [InlineData("tstz", "\"1900-01-01T00:00:00+00:19:32\"")]
    [InlineData("tstz", "\"2024-01-01T10:00:00-15:59:59\"")]
    [InlineData("iv", "\"P1Y2M3DT4H5M6.7S\"")]
    [InlineData("iv", "\"1 day 02:03:04\"")]
    [InlineData("j", "\"a string\"")]
    [InlineData("jb", "{\"a\": [1, null, \"x\"]}")]
    [InlineData("bin", "\"aGVsbG8=\"")]
    [InlineData("bin", "\"\\\\x00fF\"")]
    [InlineData("m", "\"it's \\\"fine\\\", {really}\"")]
    [InlineData("p", "{\"floor\": 3, \"moods\": [\"sad\", null, \"it's \\\"fine\\\", {really}\"]}")]
    [InlineData("p", "{\"street\": \"a,(b) \\\"c\\\" \\\\\"}")]
    [InlineData("i4s", "[[1, 2], [3, null]]")]
    [InlineData("i4s", "[[], []]")]
    [InlineData("vcs", "[\"NULL\", \"\", \"a\\\"b\\\\\", null, \"{x},y\"]")]
    [InlineData("nums", "[[1.5], [2]]")]
    [InlineData("codes", "[\"abc\"]")]
    [InlineData("places", "[{\"street\": \"a \\\"b\\\"\", \"moods\": [\"sad\"]}, null]")]
    [InlineData("r", "\"[1,5)\"")]
    [InlineData("mr", "\"{[2024-01-01,2024-02-01)}\"")]
    [InlineData("ip", "\"192.168.0.1/24\"")]
    [InlineData("ip", "\"::ffff:1.2.3.4\"")]
    [InlineData("net", "\"10.0.0.0/8\"")]
    [InlineData("mac", "\"08:00:2b:01:02:03\"")]
    [InlineData("mac8", "\"08002b:0102030405\"")]
    [InlineData("bits", "\"101\"")]
    [InlineData("vbits", "\"\"")]
    [InlineData("x", "\"<a/>\"")]
    [InlineData("pt", "\"(1,2)\"")]
    [InlineData("price", "12.5")]
    [InlineData("iv2", "\"1 2\"")]
    [InlineData("table", "{\"address_id\": 1, \"line\": \"x, y\"}")]
    public async Task PostgreSQL_takes_what_is_let_through(string column, string json)
    {
        Assert.Null(CellText.TryRead(JsonDocument.Parse(json).RootElement, Entity.FindColumn(column)!, "", out var text));
        Assert.Null(await StoreAsync(column, text));
    }

    [Theory]
    [InlineData("vcs", "[\"a\\\"b\\\\c\", \"NULL\", null, \"\", \" {x},y \"]")]
    [InlineData("i4s", "[[1, 2], [3, null]]")]
    [InlineData("places", "[{\"street\": \"a \\\"b\\\" \\\\\", \"floor\": null, \"moods\": [\"sad\", \"it's \\\"fine\\\", {really}\"]}]")]
    [InlineData("p", "{\"street\": null, \"floor\": 2, \"moods\": []}")]
    [InlineData("jb", "{\"a\": \"b\"}")]
    public async Task What_is_nested_comes_back_as_it_went_in(string column, string json)
    {
        Assert.Null(CellText.TryRead(JsonDocument.Parse(json).RootElement, Entity.FindColumn(column)!, "", out var text));
        await using var command = schema.DataSource.CreateCommand(
            $"SELECT to_jsonb($1::text::{Entity.FindColumn(column)!.Type.CastSql}) = $2::text::jsonb");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text! });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = json });
        Assert.True(await command.ExecuteScalarAsync() is true);
    }

    [Theory]
    [InlineData("i2")]
    [InlineData("i4")]
    [InlineData("i8")]
    [InlineData("num")]
    [InlineData("money_like")]
    [InlineData("coarse")]
    [InlineData("f4")]
    [InlineData("f8")]
    public async Task Numbers_are_refused_exactly_when_PostgreSQL_refuses_them(string name)
    {
        var random = new Random(20_261_121);
        var column = Entity.FindColumn(name)!;
        for (var i = 0; i < 300; i++)
        {
            var literal = Number(random);
            var isInteger = column.Type.Family is TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64;
            var error = CellText.TryRead(JsonDocument.Parse(literal).RootElement, column, "", out var text);
            if (isInteger && error?.Code.Name == "TYPE_INVALID")
            {
                continue;
            }

            // PostgreSQL's integers read no point or exponent; by way of numeric they do.
            var state = await StoreAsync(name, text ?? literal, isInteger ? "numeric" : column.Type.CastSql);
            Assert.True((error is null) == (state is null), $"{name}: {literal} is {error?.Code.Name ?? "taken"}, PostgreSQL says {state}");
        }
    }

    [Theory]
    [InlineData("ts", "yyyy-MM-dd HH:mm:ss")]
    [InlineData("d", "yyyy-MM-dd")]
    public async Task Days_that_do_not_exist_are_refused_as_PostgreSQL_refuses_them(string name, string format)
    {
        var random = new Random(20_261_121);
        for (var i = 0; i < 300; i++)
        {
            var day = string.Create(
                CultureInfo.InvariantCulture, $"{random.Next(1890, 2110):0000}-{random.Next(0, 14):00}-{random.Next(0, 33):00}");
            var value = format.Length > 10 ? $"{day} {random.Next(0, 26):00}:{random.Next(0, 62):00}:{random.Next(0, 60):00}" : day;
            var error = CellText.TryRead(value, Entity.FindColumn(name)!, "", out _);
            var state = await StoreAsync(name, value);

            // 24:00:00 is the next midnight to PostgreSQL and no time of that day to us.
            Assert.True((error is null) == (state is null) || value.EndsWith("24:00:00", StringComparison.Ordinal), $"{value}: {state}");
        }
    }

    private static string Number(Random random)
    {
        var sign = random.Next(2) == 0 ? "-" : "";
        var whole = random.Next(3) switch
        {
            0 => "0",
            1 => string.Concat(Enumerable.Repeat('9', random.Next(1, 21))),
            _ => random.NextInt64(1, long.MaxValue).ToString(CultureInfo.InvariantCulture)[..random.Next(1, 18)],
        };
        var fraction = random.Next(3) switch
        {
            0 => "",
            1 => $".{new string('9', random.Next(1, 4))}{random.Next(10)}",
            _ => $".{new string('0', random.Next(0, 4))}{random.Next(10)}",
        };
        return $"{sign}{whole}{fraction}{(random.Next(4) == 0 ? $"e{random.Next(-50, 50)}" : "")}";
    }

    /// <summary>Stores the text as the service does, never committed; gives the SQLSTATE, or null when it went in.</summary>
    private async Task<string?> StoreAsync(string column, string? text, string? cast = null)
    {
        await using var connection = await schema.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var target = Entity.FindColumn(column)!;
        await using var command = new NpgsqlCommand(
            $"INSERT INTO {Entity.Sql} (id, code, {target.Sql}) VALUES (1, 'abc', $1::text::{cast ?? target.Type.CastSql})",
            connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        try
        {
            await command.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException exception)
        {
            return exception.SqlState;
        }
    }
}
