using System.Text.Json;
using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

public sealed class ReferenceTemplateTests
{
    [Theory]
    [InlineData("$ref:")]
    [InlineData("$ref:op")]
    [InlineData("$ref:op.")]
    [InlineData("$ref:.id")]
    [InlineData("$ref: op.id")]
    [InlineData("$ref:op id")]
    [InlineData("$ref:op[x]")]
    [InlineData("$ref:op[]")]
    [InlineData("$ref:op[+1]")]
    [InlineData("$ref:op[1")]
    [InlineData("$ref:op[12345678901]")]
    [InlineData("$ref:a.$ref:b.id")]
    [InlineData("${ref:op.id")]
    [InlineData("${ref:}")]
    [InlineData("${ref:op}")]
    [InlineData("${ref:op.}")]
    [InlineData("${ref:op.id.}")]
    [InlineData("${ref:op..id}")]
    [InlineData("${ref:op.id[x]}")]
    [InlineData("${ref:op.${ref:b.id}}")]
    [InlineData("${ref: op.id}")]
    [InlineData("costs $ref:")]
    public void A_marker_that_no_reference_follows_is_malformed(string text)
    {
        Assert.False(ReferenceTemplate.TryParse(text, out _, out var error));
        Assert.Equal(ErrorCodes.ReferenceSyntax, error.Code);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void An_operation_id_has_at_most_64_characters(int length, bool parses) =>
        Assert.Equal(parses, ReferenceTemplate.TryParse($"$ref:{new string('a', length)}.id", out _, out _));

    [Theory]
    [InlineData("$ref:op.", "")]
    [InlineData("${ref:op.", "}")]
    public void A_path_has_at_most_512_characters(string start, string end)
    {
        Assert.True(ReferenceTemplate.TryParse(start + new string('a', 511) + end, out _, out _));
        Assert.False(ReferenceTemplate.TryParse(start + new string('a', 512) + end, out _, out _));
        Assert.False(ReferenceTemplate.TryParse(start + new string('_', 1_000_000) + end, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("$")]
    [InlineData("$$ and $re and ${re")]
    [InlineData("$Ref:a.b")]
    public void A_string_without_markers_is_its_only_part(string text)
    {
        Assert.True(ReferenceTemplate.TryParse(text, out var template, out _));

        Assert.Equal(text, string.Concat(template.Parts.Select(part => part.Text)));
        Assert.Empty(template.References);
    }

    [Fact]
    public void An_operation_id_ends_at_the_first_dot_or_bracket()
    {
        Assert.True(ReferenceTemplate.TryParse("$ref:my-op_1.a-$ref:2[0].b", out var template, out _));

        Assert.Equal(["my-op_1", "2"], template.References.Select(reference => reference.Operation));
        Assert.Equal([".a", "[0].b"], template.References.Select(reference => reference.Path));
        Assert.Null(template.Whole);
    }

    [Fact]
    public void A_scan_finds_every_reference_and_its_place_but_looks_into_no_key()
    {
        var value = JsonElement.Parse("""
            {"a": "$ref:x.id", "$ref:": 1, "b/c": [1, {"d": "${ref:y.id} and $ref:z.id"}], "e": "$$ref:w.id", "f": "gt::$ref:v.id"}
            """);
        var scan = ReferenceScan.Collect(value, "/operations/0/store_params");

        Assert.Empty(scan.Errors);
        Assert.Equal(
            [
                ("x", "/operations/0/store_params/a"),
                ("y", "/operations/0/store_params/b~1c/1/d"),
                ("z", "/operations/0/store_params/b~1c/1/d"),
                ("v", "/operations/0/store_params/f"),
            ],
            scan.References.Select(found => (found.Reference.Operation, found.Pointer)));
    }

    [Fact]
    public void A_scan_reports_every_malformed_string_by_its_place_without_echoing_it()
    {
        var scan = ReferenceScan.Collect(JsonElement.Parse("""{"a": "$ref:secret", "b": ["ok", "${ref:x.y"]}"""), "/p");

        Assert.Equal(["/p/a", "/p/b/1"], scan.Errors.Select(error => error.Pointer));
        Assert.DoesNotContain(scan.Errors, error => error.Detail.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_scan_of_a_body_of_malformed_references_stays_small()
    {
        var value = JsonSerializer.SerializeToElement(Enumerable.Repeat("$ref:", 100_000));

        Assert.Equal(100, ReferenceScan.Collect(value, "").Errors.Count);
    }

    [Fact]
    public void A_scan_names_equal_strings_once_at_their_first_place()
    {
        var scan = ReferenceScan.Collect(JsonElement.Parse("""[{"a": "$ref:x.id"}, {"a": "$ref:x.id"}, {"a": "$ref:y.id"}]"""), "/p");

        Assert.Equal([("x", "/p/0/a"), ("y", "/p/2/a")], scan.References.Select(found => (found.Reference.Operation, found.Pointer)));
    }

    [Fact]
    public void Hundreds_of_thousands_of_references_are_refused_before_they_take_memory()
    {
        var oneString = JsonSerializer.SerializeToElement(string.Concat(Enumerable.Repeat("$ref:x.id ", 900_000)));
        var manyStrings = JsonSerializer.SerializeToElement(Enumerable.Range(0, 300_000).Select(i => $"$ref:x.id {i}"));

        Assert.Equal(ErrorCodes.ReferenceTooLarge, Assert.Single(ReferenceScan.Collect(oneString, "").Errors).Code);
        Assert.Equal(ErrorCodes.ReferenceTooLarge, Assert.Single(ReferenceScan.Collect(manyStrings, "").Errors).Code);
        Assert.InRange(ReferenceScan.Collect(manyStrings, "").References.Count, 100_000, 101_000);
    }

    [Fact]
    public void A_scan_of_a_value_that_was_not_sent_is_empty() => Assert.Empty(ReferenceScan.Collect(default, "").References);
}
