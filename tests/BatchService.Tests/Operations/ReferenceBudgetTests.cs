using System.Diagnostics;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

public sealed class ReferenceBudgetTests
{
    [Theory]
    [InlineData("{\"v\": \"${ref:op.v}${ref:op.v}\"}")]
    [InlineData("{\"v\": [\"$ref:op.v\", \"$ref:op.v\"]}")]
    [InlineData("{\"v\": \"<${ref:op.v}\\\"${ref:op.v}>\"}")]
    public void A_chain_of_40_that_doubles_each_time_stops_at_the_limit_and_stays_flat(string doubling)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var budget = new ResolvedBytesBudget(ResolvedBytesBudget.DefaultLimit);
        var row = """{"v": "aaaaaaaaaa"}""";
        var resolved = 0;
        Error? error = null;
        while (error is null && resolved < 40)
        {
            (var value, error) = new Results().With("op", row).Resolve(JsonElement.Parse(doubling), ref budget);
            row = error is null ? value.GetRawText() : row;
            resolved++;
        }

        Assert.Equal(ErrorCodes.ReferenceTooLarge, error?.Code);
        Assert.Equal(413, error?.Code.Status);
        Assert.Equal(Results.Place + "/v", error?.Pointer?[..(Results.Place.Length + 2)]);
        Assert.InRange(resolved, 15, 25);
        Assert.InRange(row.Length, 1_000_000, 8 * 1024 * 1024);

        // All of the garbage of all steps together, the copies made by this test included.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
    }

    [Fact]
    public void A_value_is_charged_before_it_is_copied()
    {
        var results = new Results().With("op", $$"""{"v": "{{new string('a', 1_000_000)}}"}""");
        var value = JsonSerializer.SerializeToElement(Enumerable.Repeat(string.Concat(Enumerable.Repeat("${ref:op.v}", 1_000)), 100));
        var budget = new ResolvedBytesBudget(100);
        Resolve(results, value, ref budget);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(ErrorCodes.ReferenceTooLarge, Resolve(results, value, ref budget)?.Code);

        // A buffer for the text that was sent, and the first string parsed; one value copied would add a megabyte, all of them 100 GB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void The_limit_holds_for_the_batch_not_for_one_value()
    {
        var results = new Results().With("op", """{"v": "12345678"}""");
        var value = JsonElement.Parse("\"$ref:op.v\"");
        var budget = new ResolvedBytesBudget(25);

        Assert.Null(Resolve(results, value, ref budget));
        Assert.Null(Resolve(results, value, ref budget));
        Assert.Equal("The references of the batch resolve to more than 25 bytes", Resolve(results, value, ref budget)?.Detail);
    }

    [Fact]
    public void Values_without_references_cost_nothing()
    {
        var budget = new ResolvedBytesBudget(0);

        Assert.Null(Resolve(new Results(), JsonElement.Parse("""{"a": "$$ref: b", "c": [1, 2, 3]}"""), ref budget));
    }

    [Fact]
    public void A_long_text_that_needs_escaping_does_not_multiply_in_memory()
    {
        var results = new Results().With("op", $$"""{"v": [{{string.Join(',', Enumerable.Repeat("\"\"", 1_000_000))}}]}""");
        var value = JsonElement.Parse("\"text: $ref:op.v\"");
        Assert.Equal(3_000_001 + "text: ".Length, results.Text("text: $ref:op.v").Length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(results.Resolve(value).Error);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40_000_000);
    }

    [Fact]
    public void Many_lookups_in_one_very_long_array_end_in_an_error_not_in_minutes()
    {
        var results = new Results().With("op", $$"""{"v": [{{string.Join(',', Enumerable.Repeat("[5]", 50_000))}}]}""");
        var value = JsonSerializer.SerializeToElement(Enumerable.Range(0, 100_000).Select(i => $"$ref:op.v[{i % 50_000}][0]"));
        var start = Stopwatch.GetTimestamp();

        Assert.Equal(ErrorCodes.ReferenceTooLarge, results.Resolve(value).Error?.Code);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 10);
    }

    [Fact]
    public void A_result_that_would_nest_too_deep_for_its_place_is_refused()
    {
        var results = new Results().With("op", Deep(62), Deep(63), Deep(64), Deep(5_000));

        Assert.Null(results.Resolve(JsonElement.Parse("""{"x": "$ref:op[0]"}""")).Error);
        Assert.Null(results.Resolve(JsonElement.Parse("""{"x": "$ref:op[1]"}""")).Error);
        Assert.Equal(ErrorCodes.ReferenceTypeMismatch, results.Error("""{"x": "$ref:op[2]"}""").Code);
        Assert.Equal(ErrorCodes.ReferenceTypeMismatch, results.Error("\"$ref:op[3]\"").Code);
        Assert.Equal(Deep(5_000) + ".", results.Text("$ref:op[3]."));
    }

    [Theory]
    [InlineData("""{"v": "\ud800"}""", "$ref:op.v")]
    [InlineData("""{"v": "\ud800"}""", "text $ref:op.v")]
    [InlineData("""{"v": {"\udc00": 1}}""", "$ref:op.v")]
    [InlineData("""{"\ud800": 1}""", "$ref:op.vvvvvvv")]
    public void Text_that_is_not_valid_unicode_is_refused(string row, string text) =>
        Assert.Equal(ErrorCodes.ReferenceTypeMismatch, new Results().With("op", row).Error(JsonSerializer.Serialize(text)).Code);

    private static string Deep(int levels) =>
        string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);

    private static Error? Resolve(Results results, JsonElement value, ref ResolvedBytesBudget budget) =>
        results.Resolve(value, ref budget).Error;
}
