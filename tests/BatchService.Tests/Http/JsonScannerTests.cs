using System.Text;
using BatchService.Batching;
using BatchService.Http;

namespace BatchService.Tests.Http;

public sealed class JsonScannerTests
{
    public static TheoryData<string> Acceptable => new(
        "{}", "[]", "0", "-0", "\"\"", "null", " {\"a\":1}\r\n\t ",
        """{"a":{"a":{"a":[]}},"b":[{"a":1},{"a":2}]}""",
        """{"":1,"é":2,"\u00e8":3,"😀":4}""",
        """["\ud83d\ude00","\uD83D\uDE00\uD83D\uDE00","\\u0000","\\ud800","a\/b\n\t\"\\"]""",
        """["\uFFFF","\uE000","\uDBFF\uDFFF"]""",
        "[1234567890123456789012345678901234,-0.1234567890123456789012345678901234]",
        "[1e308,1E+308,1.7976931348623157e308,1e-308,123e-300,0e308,0.0000000000000000000000000000000000000000000001]",
        "[1e0000000000000000000000000000000000000005]");

    public static TheoryData<string, string> Refused => new()
    {
        { "", "empty" },
        { "   ", "syntax error" },
        { "{", "syntax error" },
        { "{\"a\":1", "syntax error" },
        { "{\"a\":1,}", "syntax error" },
        { "[1,]", "syntax error" },
        { "{\"a\" 1}", "syntax error" },
        { "{a:1}", "syntax error" },
        { "{'a':1}", "syntax error" },
        { "// c\n{}", "syntax error" },
        { "{} {}", "syntax error" },
        { "{}x", "syntax error" },
        { "{}\0", "syntax error" },
        { "01", "syntax error" },
        { "1.", "syntax error" },
        { ".5", "syntax error" },
        { "+1", "syntax error" },
        { "1e", "syntax error" },
        { "NaN", "syntax error" },
        { "Infinity", "syntax error" },
        { "-Infinity", "syntax error" },
        { "[\"\n\"]", "syntax error" },
        { "[\"\0\"]", "syntax error" },
        { "[\"\\x41\"]", "syntax error" },
        { "[\"\\u00g0\"]", "syntax error" },
        { "[\"\\u00\"]", "syntax error" },
        { "[\"a]", "syntax error" },
        { "\uFEFF{}", "byte order mark" },
        { """{"a":1,"a":2}""", "key twice" },
        { """{"a":1,"\u0061":2}""", "key twice" },
        { """{"\u0061":1,"a":2}""", "key twice" },
        { """{"\u0061":1,"\u0061":2}""", "key twice" },
        { """{"":1,"":2}""", "key twice" },
        { """[{"x":{"a":1,"b":2,"a":3}}]""", "key twice" },
        { """{"a":{"b":1},"c":2,"a":3}""", "key twice" },
        { """["\u0000"]""", "\\u0000" },
        { """["abc\u0000def"]""", "\\u0000" },
        { """{"\u0000":1}""", "\\u0000" },
        { """["\ud800"]""", "lone surrogate" },
        { """["\udc00"]""", "lone surrogate" },
        { """["\ud800\ud800"]""", "lone surrogate" },
        { """["\udc00\ud800"]""", "lone surrogate" },
        { """["\ud83dx\ude00"]""", "lone surrogate" },
        { """["\ud83d\n"]""", "lone surrogate" },
        { """{"\ud800":1}""", "lone surrogate" },
        { "[1e309]", "exponent" },
        { "[1e400]", "exponent" },
        { "[-1e400]", "exponent" },
        { "[1e-309]", "exponent" },
        { "[1.8e308]", "exponent" },
        { "[10e308]", "exponent" },
        { "[0.1e-308]", "exponent" },
        { "[0e309]", "exponent" },
        { "{\"n\":1e131071}", "exponent" },
        { "[1e99999999999999999999]", "exponent" },
        { "[12345678901234567890123456789012345]", "digits" },
        { "[0.12345678901234567890123456789012345]", "digits" },
    };

    [Theory]
    [MemberData(nameof(Acceptable))]
    public void Takes_what_is_strict(string json) => Assert.Null(Scan(json));

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuses_what_is_not(string json, string fault)
    {
        var error = Scan(json);

        Assert.NotNull(error);
        Assert.Equal(ErrorCodes.MalformedJson, error.Code);
        Assert.Contains(fault, error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xC3, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xF5, 0x80, 0x80, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'1', 0 })]
    [InlineData(new byte[] { (byte)'"', 0xE2, 0x82 })]
    public void Refuses_what_is_not_utf8(byte[] json) =>
        Assert.Contains("not UTF-8", JsonScanner.Scan(json)!.Detail, StringComparison.Ordinal);

    [Fact]
    public void Takes_64_levels_and_refuses_65()
    {
        Assert.Null(Scan(new string('[', 64) + new string(']', 64)));
        Assert.Null(Scan(Nested(64)));
        Assert.Contains("64 levels", Scan(new string('[', 65) + new string(']', 65))!.Detail, StringComparison.Ordinal);
        Assert.Contains("64 levels", Scan(Nested(65))!.Detail, StringComparison.Ordinal);
        Assert.Contains("64 levels", Scan(new string('[', 1_000_000))!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"items":[{"a":1},{"b":[0,"\ud800"]}]}""", "/items/1/b/1")]
    [InlineData("""{"items":[{"a":1},{"b":1,"b":2}]}""", "/items/1/b")]
    [InlineData("""{"a/b":{"~":[1e999]}}""", "/a~1b/~0/0")]
    [InlineData("""{"\u00e9":1e999}""", "/é")]
    [InlineData("""[[],{},{"x":{}},1e999]""", "/3")]
    [InlineData("""{"a":{"b":1},"c":1e999}""", "/c")]
    [InlineData("""{"a":[1,2,}""", "/a/1")]
    [InlineData("1e999", null)]
    public void Points_at_the_culprit(string json, string? place) => Assert.Equal(place, Scan(json)!.Pointer);

    [Fact]
    public void Puts_the_pointer_below_the_given_root() =>
        Assert.Equal("/items/7/a", JsonScanner.Scan("""{"a":1e999}"""u8, "/items/7")!.Pointer);

    [Theory]
    [InlineData("{\n  \"a\": 1,\n  \"a\": 2\n}", "line 3, byte 3")]
    [InlineData("[1,\n2,\n x]", "line 3, byte 2")]
    [InlineData("[\"\\ud800\"]", "line 1, byte 2")]
    public void Names_line_and_byte(string json, string place) => Assert.Contains(place, Scan(json)!.Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"password\": s3cret}")]
    [InlineData("{\"password\": \"s3cret\\ud800\"}")]
    [InlineData("{\"password\": \"s3cret")]
    public void Does_not_repeat_values(string json) => Assert.DoesNotContain("s3cret", Scan(json)!.Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(5_000)]
    public void Finds_a_duplicate_among_many_names(int count)
    {
        var names = Enumerable.Range(0, count).Select(i => $"\"n{i}\":{{\"n{i}\":0}}").ToArray();

        Assert.Null(Scan($"{{{string.Join(',', names)}}}"));
        Assert.NotNull(Scan($"{{{string.Join(',', names)},\"n0\":1}}"));
        Assert.NotNull(Scan($"{{{string.Join(',', names)},\"\\u006e{count - 1}\":1}}"));
        Assert.NotNull(Scan($"[{{{string.Join(',', names)},\"n{count / 2}\":1}}]"));
    }

    [Fact]
    public void Scans_a_thousand_rows_without_allocating()
    {
        var rows = Enumerable.Range(0, 1_000).Select(i => $$"""{"id":{{i}},"name":"row \u00e9 {{i}}","n\u0061":{"b":[1.5,null,true] } }""");
        var json = Encoding.UTF8.GetBytes($$"""{"action":"create","items":[{{string.Join(',', rows)}}]}""");
        Assert.Null(JsonScanner.Scan(json));

        var before = GC.GetAllocatedBytesForCurrentThread();
        JsonScanner.Scan(json);

        // The runtime now and then allocates about 1 KiB of its own here; one object a row would be 24,000 bytes at least.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_192);
    }

    [Fact]
    public void Stays_fast_on_a_body_of_nothing_but_names()
    {
        var json = Encoding.UTF8.GetBytes($"{{{string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\"{i}\":0"))}}}");
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.Null(JsonScanner.Scan(json));

        // Quadratic would be minutes.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static Error? Scan(string json) => JsonScanner.Scan(Encoding.UTF8.GetBytes(json));

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);
}
