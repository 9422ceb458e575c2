using System.Text;
using BatchService.Batching;
using BatchService.Http;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Http;

public sealed class CsvReaderTests
{
    private const int Limit = 256;

    [Theory]
    [InlineData("a,b\n1,2\n", "1;2")]
    [InlineData("a,b\r\n1,2\r\n3,4", "1;2|3;4")]
    [InlineData("\uFEFFa,b\n1,2", "1;2")]
    [InlineData("a,b\n,\n", "null;null")]
    [InlineData("a,b\n\"\",\n", ";null")]
    [InlineData("a,b\n,\"\"\n", "null;")]
    [InlineData("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "x,y;say \"hi\"")]
    [InlineData("a,b\n\"two\nlines\",\"two\r\nmore\"\n3,4\n", "two\nlines;two\r\nmore|3;4")]
    [InlineData("a,b\n\n1,2\n\r\n\n3,4\n\n", "1;2|3;4")]
    [InlineData("a\n\"\"\n x \n", "| x ")]
    [InlineData("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "\";\"\"")]
    [InlineData("a,b\né,😀\n", "é;😀")]
    [InlineData("a,\\D\n\\D,\"\\D\"\n \\D,\\d\n", "\0;\\D| \\D;\\d")]
    [InlineData("a,b\n", "")]
    [InlineData("a,b", "")]
    [InlineData("\"a\",\"b\"\"c\"\n1,2", "1;2")]
    [InlineData("a\nRock; Pop\nJazz; Blues\n", "Rock; Pop|Jazz; Blues")]
    [InlineData("a\nx\ty\n", "x\ty")]
    public async Task Reads_by_RFC_4180_with_null_for_an_unquoted_empty_field(string csv, string expected)
    {
        foreach (var size in new[] { 1, 2, 5, 1_000 })
        {
            var (_, header, rows) = await ReadAsync(csv, size);

            Assert.Null(header);
            Assert.Equal(expected, string.Join('|', rows.Select(row => string.Join(';', row.Values.Select(value => value ?? "null")))));
            Assert.Equal(Enumerable.Range(0, rows.Count), rows.Select(row => row.Index));
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n\n", "empty")]
    [InlineData("a,,c\n", "Column 2 of the CSV header has no name")]
    [InlineData("a,\" \",c\n", "Column 2 of the CSV header has no name")]
    [InlineData("a,b,a\n", "Column 3 of the CSV header has the name of an earlier one")]
    [InlineData("a,\"b\n", "double quote")]
    [InlineData("a,b\"\n", "double quote")]
    public async Task Refuses_a_header_that_cannot_name_columns(string csv, string fault)
    {
        var (_, error, _) = await ReadAsync(csv, 1_000);

        Assert.Equal(ErrorCodes.MalformedJson, error?.Code);
        Assert.Contains(fault, error!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blames_ragged_rows_alone_and_goes_on()
    {
        var (_, _, rows) = await ReadAsync("a,b\n1,2\n1\n1,2,3\n\"4\n4\",5\n6\n", 3);

        var ragged = ErrorCodes.ValidationFailed;
        Assert.Equal([null, ragged, ragged, null, ragged], rows.Select(row => row.Error?.Code));
        Assert.Equal([null, 1, 2, null, 4], rows.Select(row => row.Error?.Index));
        Assert.Equal([2L, 3L, 4L, 5L, 7L], rows.Select(row => row.Line));
        Assert.Contains("line 7 has 1 fields where the header has 2", rows[4].Error!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n1,x\"y\n3,4\n")]
    [InlineData("a,b\n1,2\n1,\"x\"y\n3,4\n")]
    [InlineData("a,b\n1,2\n1,\"x\n3,4\n")]
    public async Task Stops_where_the_quotes_are_broken(string csv)
    {
        var (_, _, rows) = await ReadAsync(csv, 4);

        Assert.Equal(2, rows.Count);
        Assert.Equal(ErrorCodes.MalformedJson, rows[1].Error?.Code);
        Assert.Null(rows[1].Error!.Index);
        Assert.Contains("line 3", rows[1].Error!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0 })]
    public async Task Blames_a_row_that_is_not_text_alone(byte[] bad)
    {
        var (_, _, rows) = await ReadAsync([.. "a\n1\n"u8, .. bad, .. "\n3\n"u8], 2);

        Assert.Equal([null, 1, null], rows.Select(row => row.Error?.Index));
    }

    [Fact]
    public async Task Names_the_record_that_is_too_long_and_says_that_it_stops_there()
    {
        var (_, _, rows) = await ReadAsync($"a\n1\n\"{new string('x', Limit)}\"\n", 50);

        Assert.Equal(ErrorCodes.LineTooLong, rows[^1].Error?.Code);
        Assert.Contains("at line 3 ", rows[^1].Error!.Detail, StringComparison.Ordinal);
        Assert.EndsWith("Nothing after it was read.", rows[^1].Error!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Limit, true)]
    [InlineData(Limit + 1, false)]
    [InlineData(Limit * 1_000, false)]
    public async Task Holds_the_limit_of_a_record_to_the_byte(int length, bool fits)
    {
        foreach (var size in new[] { 50, 1_000_000 })
        {
            var (_, _, rows) = await ReadAsync($"a\n{new string('x', length)}\n1\n", size);

            Assert.Equal(fits ? null : ErrorCodes.LineTooLong, rows[0].Error?.Code);
            Assert.Equal(fits ? 2 : 1, rows.Count);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0, (byte)'\n', 0 })]
    [InlineData(new byte[] { 0xFE, 0xFF, 0, (byte)'a', 0, (byte)'\n' })]
    [InlineData(new byte[] { 0, 0, 0xFE, 0xFF, 0, 0, 0, (byte)'a' })]
    public async Task Does_not_take_other_Unicode_for_text(byte[] csv)
    {
        var (_, header, _) = await ReadAsync(csv, 1);

        Assert.Equal(ErrorCodes.MalformedJson, header?.Code);
    }

    [Fact]
    public async Task Ends_with_the_error_of_a_body_that_breaks_off()
    {
        // Longer than the reader's buffer, so that rows come before the end.
        var csv = Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Repeat("12345678\n", 50_000)));
        await using var reader = new CsvReader(new BodyStream(new ChunkedStream(csv, 5_000), 300_000), Limit);
        Assert.Null(await reader.ReadHeaderAsync(CancellationToken.None));

        var rows = new List<CsvRow>();
        await foreach (var row in reader.ReadRowsAsync(CancellationToken.None))
        {
            rows.Add(row);
        }

        Assert.Equal(ErrorCodes.BodyTooLarge, rows[^1].Error?.Code);
        Assert.All(rows[..^1], row => Assert.Equal("12345678", Assert.Single(row.Values)));
        Assert.InRange(rows.Count, 20_000, 40_000);
    }

    [Fact]
    public void Gives_back_any_values_that_were_written() =>
        Prop.ForAll(
                Gen.Elements("", "a", "\"", ",", "\n", "\r\n", "é", " ", "\"\"", "x,y").ArrayOf(4)
                    .Select(parts => string.Concat(parts.Take(parts[0].Length + 2))).OrNull().ArrayOf(3).ListOf().ToArbitrary(),
                Gen.Choose(1, 30).NonEmptyListOf().ToArbitrary(),
                (rows, sizes) =>
                {
                    var csv = "a,b,c\n" + string.Concat(rows.Select(row => string.Join(',', row.Select(Quote)) + "\n"));
                    var read = ReadAsync(Encoding.UTF8.GetBytes(csv), [.. sizes]).GetAwaiter().GetResult();
                    return read.Rows.SelectMany(row => row.Values).SequenceEqual(rows.SelectMany(row => row), StringComparer.Ordinal);
                })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static string Quote(string? value) =>
        value is null ? "" : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static Task<(IReadOnlyList<string> Columns, Error? Header, List<CsvRow> Rows)> ReadAsync(string csv, params int[] sizes) =>
        ReadAsync(Encoding.UTF8.GetBytes(csv), sizes);

    private static async Task<(IReadOnlyList<string> Columns, Error? Header, List<CsvRow> Rows)> ReadAsync(byte[] csv, params int[] sizes)
    {
        await using var reader = new CsvReader(new ChunkedStream(csv, sizes), Limit);
        var rows = new List<CsvRow>();
        if (await reader.ReadHeaderAsync(CancellationToken.None) is { } error)
        {
            return (reader.Columns, error, rows);
        }

        await foreach (var row in reader.ReadRowsAsync(CancellationToken.None))
        {
            rows.Add(row);
        }

        return (reader.Columns, null, rows);
    }
}
