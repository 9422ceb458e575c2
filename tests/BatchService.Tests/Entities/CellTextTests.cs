using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class CellTextTests
{
    internal static Column ColumnOf(ColumnType type, bool nullable = true) =>
        new("total", "\"total\"", type, nullable, null, ColumnGeneration.None);

    internal static ColumnType TypeOf(TypeFamily family, string name = "t") => new(name, "\"t\"", family);

    internal static (string? Code, string? Text) Read(string json, ColumnType type)
    {
        var error = CellText.TryRead(JsonDocument.Parse(json).RootElement, ColumnOf(type), "/items/0/total", out var text);
        return (error?.Code.Name, error is null ? text : null);
    }

    [Theory]
    [InlineData(TypeFamily.Int32, "5", "5")]
    [InlineData(TypeFamily.Int32, "5.0", "5")]
    [InlineData(TypeFamily.Int32, "-0", "0")]
    [InlineData(TypeFamily.Int32, "5e2", "500")]
    [InlineData(TypeFamily.Int32, "1200e-2", "12")]
    [InlineData(TypeFamily.Int32, "0e99", "0")]
    [InlineData(TypeFamily.Int32, "\"+007\"", "7")]
    [InlineData(TypeFamily.Int16, "-32768", "-32768")]
    [InlineData(TypeFamily.Int64, "\"-9223372036854775808\"", "-9223372036854775808")]
    [InlineData(TypeFamily.Int64, "9.223372036854775807e18", "9223372036854775807")]
    [InlineData(TypeFamily.Numeric, "1.50", "1.50")]
    [InlineData(TypeFamily.Numeric, "\"123456789012345678901234567890.5\"", "123456789012345678901234567890.5")]
    [InlineData(TypeFamily.Float64, "1.5e3", "1.5e3")]
    [InlineData(TypeFamily.Boolean, "true", "true")]
    [InlineData(TypeFamily.Boolean, "\"false\"", "false")]
    [InlineData(TypeFamily.Text, "\"\"", "")]
    [InlineData(TypeFamily.Text, "\"5\"", "5")]
    [InlineData(TypeFamily.Uuid, "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]
    [InlineData(TypeFamily.Json, "\"x\"", "\"x\"")]
    [InlineData(TypeFamily.Json, "[1, {\"a\": null}]", "[1, {\"a\": null}]")]
    [InlineData(TypeFamily.Json, "null", null)]
    [InlineData(TypeFamily.Text, "null", null)]
    [InlineData(TypeFamily.Bytes, "\"aGVsbG8=\"", "\\x68656c6c6f")]
    [InlineData(TypeFamily.Bytes, "\"\"", "\\x")]
    [InlineData(TypeFamily.Bytes, "\"\\\\xAb\"", "\\xAb")]
    [InlineData(TypeFamily.Range, "\"empty\"", "empty")]
    [InlineData(TypeFamily.Range, "\"(,5]\"", "(,5]")]
    [InlineData(TypeFamily.Multirange, "\"{}\"", "{}")]
    [InlineData(TypeFamily.Other, "12.5", "12.5")]
    [InlineData(TypeFamily.Other, "false", "false")]
    internal void Takes_a_value_of_the_columns_type(TypeFamily family, string json, string? text) =>
        Assert.Equal((null, text), Read(json, TypeOf(family)));

    [Theory]
    [InlineData(TypeFamily.Int32, "5.5", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "1e-1", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "true", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\" 5\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"-\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"5e\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"1,000\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"0x10\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "\"\u0665\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "[]", "TYPE_INVALID")]
    [InlineData(TypeFamily.Int16, "32768", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Int32, "-2147483649", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Int64, "9223372036854775808", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Int64, "\"1e999999999999999999999\"", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Numeric, "\"1e131072\"", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Numeric, "\"1e-16384\"", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Numeric, "\"NaN\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Numeric, "\".\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Numeric, "\"1.2.3\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Float64, "\"Infinity\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Float64, "1e309", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Float64, "1e-400", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Float32, "1e39", "NUMERIC_OUT_OF_RANGE")]
    [InlineData(TypeFamily.Boolean, "1", "TYPE_INVALID")]
    [InlineData(TypeFamily.Boolean, "\"TRUE\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Text, "5", "TYPE_INVALID")]
    [InlineData(TypeFamily.Text, "{}", "TYPE_INVALID")]
    [InlineData(TypeFamily.Uuid, "\"a0eebc999c0b4ef8bb6d6bb9bd380a11\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Uuid, "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Uuid, "\"a0eebc99x9c0b-4ef8-bb6d-6bb9bd380a11\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Bytes, "\"not base64\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Bytes, "\"\\\\x0\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Interval, "\"infinity\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Interval, "\"1 day; DROP\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Range, "\"1,5\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Array, "\"{1,2}\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Composite, "\"(1,2)\"", "TYPE_INVALID")]
    [InlineData(TypeFamily.Other, "{}", "TYPE_INVALID")]
    internal void Refuses_what_the_columns_type_cannot_hold(TypeFamily family, string json, string code) =>
        Assert.Equal((code, null), Read(json, TypeOf(family)));

    [Fact]
    public void Tells_the_code_the_place_and_the_type_and_never_the_value()
    {
        var type = TypeOf(TypeFamily.Numeric, "numeric(10,2)") with { Precision = 10, Scale = 2 };
        Assert.Equal(
            new Error(ErrorCodes.TypeInvalid, "Column 'total' takes numeric(10,2).", "/items/0/total"), Fail("\"secret\"", type));
        Assert.Equal("The value is out of range: column 'total' takes numeric(10,2).", Fail("123456789", type).Detail);
        Assert.Equal("Column 'total' must not be null.", Fail("null", type).Detail);
        Assert.Equal(ErrorCodes.NotNullViolation, Fail("null", type).Code);

        static Error Fail(string json, ColumnType type) =>
            CellText.TryRead(JsonDocument.Parse(json).RootElement, ColumnOf(type, nullable: false), "/items/0/total", out _)!;
    }

    [Theory]
    [InlineData("abcde", 5, null)]
    [InlineData("abcdef", 5, "VALUE_TOO_LONG")]
    [InlineData("abcde   ", 5, null)]
    [InlineData("   abcde", 5, "VALUE_TOO_LONG")]
    [InlineData("abcde\t", 5, "VALUE_TOO_LONG")]
    [InlineData("\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600", 5, null)]
    [InlineData("\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600x", 5, "VALUE_TOO_LONG")]
    public void Counts_length_in_code_points_and_forgives_closing_blanks(string value, int length, string? code) =>
        Assert.Equal(
            code, Read(JsonSerializer.Serialize(value), TypeOf(TypeFamily.Text) with { MaxLength = length, BaseType = "varchar" }).Code);

    [Theory]
    [InlineData("name", 63, 63, null)]
    [InlineData("name", 63, 64, "VALUE_TOO_LONG")]
    [InlineData("char", 1, 2, "VALUE_TOO_LONG")]
    public void Types_that_PostgreSQL_would_cut_silently_are_limited(string baseType, int limit, int length, string? code) =>
        Assert.Equal(
            code, Read($"\"{new string('a', length)}\"", TypeOf(TypeFamily.Text) with { MaxLength = limit, BaseType = baseType }).Code);

    [Fact]
    public void A_name_is_limited_in_bytes() =>
        Assert.Equal(
            "VALUE_TOO_LONG",
            Read($"\"{new string('\u00e4', 32)}\"", TypeOf(TypeFamily.Text) with { MaxLength = 63, BaseType = "name" }).Code);

    [Theory]
    [InlineData("\"sad\"", null)]
    [InlineData("\"Sad\"", "TYPE_INVALID")]
    [InlineData("\"\"", "TYPE_INVALID")]
    [InlineData("1", "TYPE_INVALID")]
    public void An_enum_takes_its_labels_only(string json, string? code) =>
        Assert.Equal(code, Read(json, TypeOf(TypeFamily.Enum) with { Labels = ["sad", "ok"] }).Code);

    [Theory]
    [InlineData("bit", "\"101\"", null)]
    [InlineData("bit", "\"10\"", "TYPE_INVALID")]
    [InlineData("varbit", "\"10\"", null)]
    [InlineData("bit", "\"1011\"", "VALUE_TOO_LONG")]
    [InlineData("varbit", "\"12\"", "TYPE_INVALID")]
    public void Bit_strings_have_their_length(string baseType, string json, string? code) =>
        Assert.Equal(code, Read(json, TypeOf(TypeFamily.BitString) with { BaseType = baseType, MaxLength = 3 }).Code);

    [Theory]
    [InlineData("inet", "10.0.0.1", true)]
    [InlineData("inet", "10.0.0.1/32", true)]
    [InlineData("inet", "10.0.0.1/33", false)]
    [InlineData("inet", "10.0.0.1/", false)]
    [InlineData("inet", "10.0.0.1/+8", false)]
    [InlineData("inet", "fe80::1/64", true)]
    [InlineData("inet", "fe80::1%eth0", false)]
    [InlineData("inet", "[::1]:80", false)]
    [InlineData("inet", "1", false)]
    [InlineData("inet", "0x7f.0.0.1", false)]
    [InlineData("inet", "300.0.0.1", false)]
    [InlineData("cidr", "10.0.0.0/8", true)]
    [InlineData("macaddr", "08-00-2b-01-02-03", true)]
    [InlineData("macaddr", "08:00:2b:01:02", false)]
    [InlineData("macaddr", "08:00:2b:01:02:0g", false)]
    [InlineData("macaddr", "08:00:2b:01:02:03:04:05", false)]
    [InlineData("macaddr8", "08:00:2b:01:02:03:04:05", true)]
    public void Addresses_are_read_as_PostgreSQL_reads_them(string baseType, string value, bool fits) =>
        Assert.Equal(fits ? null : "TYPE_INVALID", Read($"\"{value}\"", TypeOf(TypeFamily.Network) with { BaseType = baseType }).Code);

    [Theory]
    [InlineData(TypeFamily.Boolean, "TRUE", "true", null)]
    [InlineData(TypeFamily.Boolean, "f", "false", null)]
    [InlineData(TypeFamily.Boolean, "yes", null, "TYPE_INVALID")]
    [InlineData(TypeFamily.Int32, "5.0", "5", null)]
    [InlineData(TypeFamily.Text, "", "", null)]
    [InlineData(TypeFamily.Text, null, null, "NOT_NULL_VIOLATION")]
    [InlineData(TypeFamily.Array, "{1,2}", "{1,2}", null)]
    [InlineData(TypeFamily.Array, "[1,2]", null, "TYPE_INVALID")]
    [InlineData(TypeFamily.Composite, "(1,2)", "(1,2)", null)]
    [InlineData(TypeFamily.Composite, "{}", null, "TYPE_INVALID")]
    [InlineData(TypeFamily.Json, "{\"a\":1}", "{\"a\":1}", null)]
    [InlineData(TypeFamily.Json, "{a}", null, "TYPE_INVALID")]
    internal void Reads_CSV_fields_by_the_same_rules_and_PostgreSQLs_own_forms(TypeFamily family, string? value, string? text, string? code)
    {
        var error = CellText.TryRead(value, ColumnOf(TypeOf(family), nullable: false), "/0", out var read);
        Assert.Equal((code, text), (error?.Code.Name, error is null ? read : null));
    }
}
