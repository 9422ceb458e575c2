using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>A table with a column of every kind of type that a row can carry.</summary>
public sealed class EntityTypeFixture : ServiceFixture
{
    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => await database.ExecuteAsync("""
        CREATE TYPE mood AS ENUM ('sad', 'so-so', 'it''s "fine", {really}');
        CREATE TYPE spot AS (street varchar(20), floor smallint, moods mood[]);
        CREATE DOMAIN code AS varchar(5) CHECK (VALUE <> 'bad');
        CREATE TYPE span AS RANGE (subtype = float8);
        CREATE TABLE every (
            id integer PRIMARY KEY,
            t text, vc varchar(40), c char(3), n name, i2 smallint, i4 integer, i8 bigint, num numeric, num2 numeric(10, 2), coarse numeric(3, -2),
            f4 real, f8 double precision, b boolean, u uuid, d date, tm time, tmtz timetz, ts timestamp, tstz timestamptz, iv interval,
            j json, jb jsonb, bin bytea, m mood, p spot, i4s integer[], ts2 text[], nums numeric(5, 1)[], moods mood[], spots spot[], jbs jsonb[],
            uuids uuid[], r int4range, tr tstzrange, dr daterange, sp span, mr int4multirange, ip inet, net cidr, mac macaddr, mac8 macaddr8,
            bits bit(3), vbits varbit(8), money money, tsv tsvector, tsq tsquery, pt point, bx box, poly polygon, circ circle, code code,
            oid oid, lsn pg_lsn, xid xid8, path jsonpath);
        INSERT INTO every (id, num, f4, f8, d, ts, tstz, iv, nums, tr, money)
            VALUES (100, 'NaN', 'Infinity', '-Infinity', 'infinity', '-infinity', 'infinity', '178000000 years', '{NaN,1.5}', '[,infinity)', '92233720368547758.07'),
                   (101, 'Infinity', 'NaN', 'NaN', '294276-12-31', '294276-12-31 23:59:59.999999', '4713-01-01 00:00 BC', '-1 mon +1 day', '{}', 'empty', '-0.01');
        """);
}

/// <summary>Every type comes back as it was sent, and what others stored can be read.</summary>
public sealed class EntityTypeTests(EntityTypeFixture fixture) : IClassFixture<EntityTypeFixture>
{
    private static int s_id = 1000;

    [Theory]
    [InlineData("t", "\"\"")]
    [InlineData("t", "\"NULL\"")]
    [InlineData("t", "\"a\\n\\t\\\"\\\\'{},;%_$1 \\u00e9 \\ud83d\\ude00\"")]
    [InlineData("t", "\" blanks \"")]
    [InlineData("t", "null")]
    [InlineData("vc", "\"forty\"")]
    [InlineData("c", "\"ab\"", "\"ab \"")]
    [InlineData("n", "\"name\"")]
    [InlineData("i2", "-32768")]
    [InlineData("i4", "2147483647")]
    [InlineData("i8", "9223372036854775807")]
    [InlineData("i8", "-9223372036854775808")]
    [InlineData("i8", "9007199254740993")]
    [InlineData("i8", "\"9007199254740993\"", "9007199254740993")]
    [InlineData("i4", "1e3", "1000")]
    [InlineData("i4", "5.0", "5")]
    [InlineData("num", "1234567890123456.789012345678901234")]
    [InlineData("num", "\"123456789012345678901234567890123456789012345678901234567890.5\"", "123456789012345678901234567890123456789012345678901234567890.5")]
    [InlineData("num", "1.500")]
    [InlineData("num", "-0.000000000000000000001")]
    [InlineData("num2", "12345678.91")]
    [InlineData("num2", "1", "1.00")]
    [InlineData("coarse", "12300")]
    [InlineData("f4", "1.5")]
    [InlineData("f8", "0.1")]
    [InlineData("f8", "1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("f8", "-2.2250738585072014e-308")]
    [InlineData("b", "true")]
    [InlineData("b", "\"false\"", "false")]
    [InlineData("u", "\"0192F000-0000-7000-8000-00000000000F\"", "\"0192f000-0000-7000-8000-00000000000f\"")]
    [InlineData("d", "\"2024-02-29\"")]
    [InlineData("d", "\"0001-01-01\"")]
    [InlineData("d", "\"9999-12-31\"")]
    [InlineData("tm", "\"23:59:59.999999\"")]
    [InlineData("tm", "\"24:00:00\"")]
    [InlineData("tmtz", "\"10:00:00+05:30\"")]
    [InlineData("ts", "\"2024-06-15T12:30:00.123456\"")]
    [InlineData("ts", "\"2024-06-15 12:30\"", "\"2024-06-15T12:30:00\"")]
    [InlineData("tstz", "\"2024-06-15T12:30:00+02:00\"", "\"2024-06-15T10:30:00+00:00\"")]
    [InlineData("tstz", "\"2024-06-15T12:30:00.5Z\"", "\"2024-06-15T12:30:00.5+00:00\"")]
    [InlineData("tstz", "\"2024-06-15T12:30:00\"", "\"2024-06-15T12:30:00+00:00\"")]
    [InlineData("iv", "\"1 year 2 mons 3 days 04:05:06.7\"")]
    [InlineData("iv", "\"P1Y2M3DT4H5M6.7S\"", "\"1 year 2 mons 3 days 04:05:06.7\"")]
    [InlineData("j", """{"b":1,"a":[1,{"c":null}],"n":1.50,"s":"x"}""")]
    [InlineData("j", "\"text\"")]
    [InlineData("j", "12345678901234567890.123")]
    [InlineData("jb", """{"a": [1, {"c": null}], "n": 1.50}""")]
    [InlineData("jb", "\"text\"")]
    [InlineData("jb", "false")]
    [InlineData("jb", "[]")]
    [InlineData("jb", "{}")]
    [InlineData("bin", "\"\"")]
    [InlineData("bin", "\"AP8Qgw==\"")]
    [InlineData("bin", "\"\\\\x00ff\"", "\"AP8=\"")]
    [InlineData("m", "\"it's \\\"fine\\\", {really}\"")]
    [InlineData("p", """{"street":"Main \"St\", (x)","floor":-3,"moods":["sad","it's \"fine\", {really}"]}""")]
    [InlineData("p", """{"floor": 1}""", """{"street":null,"floor":1,"moods":null}""")]
    [InlineData("i4s", "[1,null,-3]")]
    [InlineData("i4s", "[]")]
    [InlineData("i4s", "[[1,2],[3,4]]")]
    [InlineData("i4s", "[[[1],[2]],[[3],[null]]]")]
    [InlineData("ts2", """["a,b","{c}","\"d\"","NULL",null,""," ","\\"]""")]
    [InlineData("ts2", """[["a","b"],["c",null]]""")]
    [InlineData("nums", "[1.5,-9999.9]")]
    [InlineData("moods", """["so-so","it's \"fine\", {really}",null]""")]
    [InlineData("spots", """[{"street":"a,b","floor":1,"moods":[]},null]""")]
    [InlineData("jbs", """[{"a": [1, 2]},[1, "x"],"s",null]""")]
    [InlineData("uuids", """["0192f000-0000-7000-8000-00000000000f"]""")]
    [InlineData("r", "\"[1,5)\"")]
    [InlineData("r", "\"(0,5]\"", "\"[1,6)\"")]
    [InlineData("r", "\"empty\"")]
    [InlineData("r", "\"(,)\"")]
    [InlineData("dr", "\"[2024-01-01,2024-02-01)\"")]
    [InlineData("tr", "\"[2024-01-01 00:00:00+00,)\"", "\"[\\\"2024-01-01 00:00:00+00\\\",)\"")]
    [InlineData("sp", "\"[1.5,2.5]\"")]
    [InlineData("mr", "\"{[1,3),[5,7)}\"")]
    [InlineData("mr", "\"{}\"")]
    [InlineData("ip", "\"192.168.0.1\"")]
    [InlineData("ip", "\"10.0.0.0/8\"")]
    [InlineData("ip", "\"2001:db8::1\"")]
    [InlineData("net", "\"10.0.0.0/8\"")]
    [InlineData("mac", "\"08:00:2b:01:02:03\"")]
    [InlineData("mac8", "\"08:00:2b:01:02:03:04:05\"")]
    [InlineData("bits", "\"101\"")]
    [InlineData("vbits", "\"10\"")]
    [InlineData("money", "\"12.34\"", "\"$12.34\"")]
    [InlineData("tsv", "\"'cat':2 'fat':1\"")]
    [InlineData("tsq", "\"'fat' & 'cat'\"")]
    [InlineData("pt", "\"(1.5,-2)\"")]
    [InlineData("bx", "\"(2,2),(1,1)\"")]
    [InlineData("poly", "\"((0,0),(1,0),(1,1))\"")]
    [InlineData("circ", "\"<(0,0),1>\"")]
    [InlineData("code", "\"abc\"")]
    [InlineData("oid", "4294967295", "\"4294967295\"")]
    [InlineData("lsn", "\"16/B374D848\"")]
    [InlineData("xid", "\"12\"")]
    [InlineData("path", "\"$.a[*]\"", "\"$.\\\"a\\\"[*]\"")]
    public async Task A_value_comes_back_as_it_was_sent(string column, string sent, string? stored = null)
    {
        var id = Interlocked.Increment(ref s_id);

        var created = await fixture.Client.OneAsync($$"""{"entity": "every", "action": "create", "store_params": {"id": {{id}}, "{{column}}": {{sent}} } }""");
        var read = await fixture.Client.OneAsync($$"""{"entity": "every", "action": "read", "query_params": {"id": {{id}} } }""");
        var merged = await fixture.Client.OneAsync($$"""{"entity": "every", "action": "upsert", "store_params": {"id": {{id}}, "{{column}}": {{sent}} } }""");
        var updated = await fixture.Client.OneAsync(
            $$"""{"entity": "every", "action": "update", "query_params": {"id": {{id}} }, "store_params": {"{{column}}": {{sent}} } }""");

        var expected = Plain(stored ?? sent);
        Assert.Equal(expected, Plain(created.Expect(200).Row.GetProperty(column).GetRawText()));
        Assert.Equal(expected, Plain(read.Expect(200).Row.GetProperty(column).GetRawText()));
        Assert.Equal(expected, Plain(updated.Expect(200).Row.GetProperty(column).GetRawText()));
        Assert.Equal("unchanged", merged.Expect(200).Result.GetProperty("outcome").GetString());
        Assert.Equal(created.Row.GetRawText(), read.Row.GetRawText());
    }

    /// <summary>One spelling of strings and of blanks; numbers keep their digits.</summary>
    private static string Plain(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(parsed.RootElement);
    }

    [Fact]
    public async Task A_long_bytea_comes_back_without_a_line_break()
    {
        var bytes = new byte[200_000];
        new Random(7).NextBytes(bytes);
        var text = Convert.ToBase64String(bytes);

        var answer = await fixture.Client.OneAsync($$"""{"entity": "every", "action": "create", "store_params": {"id": 1, "bin": "{{text}}"} }""");

        Assert.Equal(text, answer.Expect(200).Row.GetProperty("bin").GetString());
        Assert.Equal("200000", await fixture.Database.RowsAsync("SELECT length(bin) FROM every WHERE id = 1"));
    }

    [Fact]
    public async Task Values_that_no_client_may_send_can_be_read_filtered_and_written_beside()
    {
        var read = await fixture.Client.OneAsync("""{"entity": "every", "action": "read", "query_params": {"id": "in::100,101"}}""");
        var update = await fixture.Client.OneAsync("""
            {"entity": "every", "action": "update", "query_params": {"id": "in::100,101"}, "store_params": {"t": "touched"}}
            """);

        var (first, second) = (read.Expect(200).Data[0], read.Data[1]);
        Assert.Equal(
            ["NaN", "Infinity", "-Infinity", "infinity", "-infinity", "infinity"],
            new[] { "num", "f4", "f8", "d", "ts", "tstz" }.Select(name => first.GetProperty(name).ToString()));
        Assert.Equal(
            ["Infinity", "NaN", "NaN", "294276-12-31", "294276-12-31T23:59:59.999999"],
            new[] { "num", "f4", "f8", "d", "ts" }.Select(name => second.GetProperty(name).ToString()));
        Assert.Equal("touched touched", update.Expect(200).Column("t"));
    }

    [Theory]
    [InlineData("i2", "40000", "NUMERIC_OUT_OF_RANGE")]
    [InlineData("i4", "2147483648", "NUMERIC_OUT_OF_RANGE")]
    [InlineData("i8", "9223372036854775808", "NUMERIC_OUT_OF_RANGE")]
    [InlineData("i4", "1.5", "TYPE_INVALID")]
    [InlineData("i4", "true", "TYPE_INVALID")]
    [InlineData("i4", "\" 5 \"", "TYPE_INVALID")]
    [InlineData("num", "\"NaN\"", "TYPE_INVALID")]
    [InlineData("num2", "123456789", "NUMERIC_OUT_OF_RANGE")]
    [InlineData("f4", "1e39", "NUMERIC_OUT_OF_RANGE")]
    [InlineData("f8", "\"Infinity\"", "TYPE_INVALID")]
    [InlineData("b", "\"yes\"", "TYPE_INVALID")]
    [InlineData("b", "1", "TYPE_INVALID")]
    [InlineData("t", "1", "TYPE_INVALID")]
    [InlineData("t", "{}", "TYPE_INVALID")]
    [InlineData("vc", "\"12345678901234567890123456789012345678901\"", "VALUE_TOO_LONG")]
    [InlineData("c", "\"abcd\"", "VALUE_TOO_LONG")]
    [InlineData("u", "\"nope\"", "TYPE_INVALID")]
    [InlineData("d", "\"2023-02-29\"", "TYPE_INVALID")]
    [InlineData("d", "\"infinity\"", "TYPE_INVALID")]
    [InlineData("d", "\"10000-01-01\"", "TYPE_INVALID")]
    [InlineData("d", "\"today\"", "TYPE_INVALID")]
    [InlineData("ts", "\"2024-01-01T00:00:00Z\"", "TYPE_INVALID")]
    [InlineData("tm", "\"25:00\"", "TYPE_INVALID")]
    [InlineData("iv", "\"soon\"", "TYPE_INVALID")]
    [InlineData("iv", "\"5 parsecs\"", "TYPE_INVALID")]
    [InlineData("bin", "\"not base64!\"", "TYPE_INVALID")]
    [InlineData("m", "\"happy\"", "TYPE_INVALID")]
    [InlineData("p", "{\"nope\": 1}", "TYPE_INVALID")]
    [InlineData("i4s", "5", "TYPE_INVALID")]
    [InlineData("i4s", "[[1], [2, 3]]", "TYPE_INVALID")]
    [InlineData("i4s", "[\"x\"]", "TYPE_INVALID")]
    [InlineData("r", "\"[5,1)\"", "VALIDATION_FAILED")]
    [InlineData("r", "\"[a,b)\"", "TYPE_INVALID")]
    [InlineData("ip", "\"300.1.1.1\"", "TYPE_INVALID")]
    [InlineData("net", "\"10.0.0.1/8\"", "TYPE_INVALID")]
    [InlineData("bits", "\"10\"", "TYPE_INVALID")]
    [InlineData("bits", "\"1010\"", "VALUE_TOO_LONG")]
    [InlineData("pt", "\"here\"", "TYPE_INVALID")]
    [InlineData("money", "\"lots\"", "TYPE_INVALID")]
    [InlineData("path", "\"$.[\"", "TYPE_INVALID")]
    [InlineData("tsq", "\"a &\"", "TYPE_INVALID")]
    [InlineData("code", "\"bad\"", "CHECK_VIOLATION")]
    [InlineData("code", "\"toolong\"", "VALUE_TOO_LONG")]
    public async Task A_value_that_its_column_cannot_take_is_refused(string column, string value, string code)
    {
        var create = await fixture.Client.OneAsync($$"""{"entity": "every", "action": "create", "store_params": {"id": 2, "{{column}}": {{value}} } }""");
        var upsert = await fixture.Client.EachAsync(
            """{"entity": "every", "action": "upsert", "store_params": {"id": 3} }""",
            $$"""{"entity": "every", "action": "upsert", "store_params": {"id": 2, "{{column}}": {{value}} } }""");

        create.ExpectError(422, code);
        Assert.StartsWith("/operations/0/store_params", create.Pointer, StringComparison.Ordinal);
        upsert.ExpectError(207, code);
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT 1 FROM every WHERE id = 2"));
    }

    [Fact]
    public async Task Types_of_extensions_are_taken_as_text_and_given_as_the_database_writes_them()
    {
        var available = await fixture.Database.RowsAsync("SELECT name FROM pg_available_extensions WHERE name IN ('hstore', 'citext') ORDER BY 1");
        foreach (var extension in available.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            await fixture.Database.ExecuteAsync($"CREATE EXTENSION IF NOT EXISTS {extension}");
        await fixture.Database.ExecuteAsync("CREATE TABLE extended (id integer PRIMARY KEY)");
        var values = new[] { ("hstore", "a=>1", """{"a": "1"}"""), ("citext", "MiXed", "\"MiXed\"") };
        foreach (var (extension, text, stored) in values.Where(value => available.Contains(value.Item1, StringComparison.Ordinal)))
        {
            await fixture.Database.ExecuteAsync($"ALTER TABLE extended ADD {extension} {extension}");
            (await fixture.Client.PostNothingAsync("/entities/reload")).Expect(200);
            var answer = await fixture.Client.OneAsync(
                $$"""{"entity": "extended", "action": "upsert", "store_params": {"id": 1, "{{extension}}": "{{text}}"} }""");
            Assert.Equal(stored, answer.Expect(200).Row.GetProperty(extension).GetRawText());
        }
    }

    [Fact]
    public async Task Xml_is_carried_where_the_server_was_built_with_it()
    {
        await fixture.Database.ExecuteAsync("CREATE TABLE documents (id integer PRIMARY KEY, x xml)");
        (await fixture.Client.PostNothingAsync("/entities/reload")).Expect(200);

        var answer = await fixture.Client.OneAsync("""{"entity": "documents", "action": "create", "store_params": {"id": 1, "x": "<a>1</a>"}}""");

        var isBuiltIn = await fixture.Database.RowsAsync("SELECT count(*) FROM pg_config WHERE name = 'CONFIGURE' AND setting LIKE '%with-libxml%'") == "1";
        if (isBuiltIn)
            Assert.Equal("<a>1</a>", answer.Expect(200).Row.GetProperty("x").GetString());
        else
            Assert.InRange(answer.Status, 400, 499);
    }
}
