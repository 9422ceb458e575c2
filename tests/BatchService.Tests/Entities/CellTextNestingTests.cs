using System.Text.Json;
using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class CellTextNestingTests
{
    private static readonly ColumnType Integers = ArrayOf(CellTextTests.TypeOf(TypeFamily.Int32));

    private static readonly ColumnType Place = CellTextTests.TypeOf(TypeFamily.Composite) with
    {
        Fields =
        [
            new("street", CellTextTests.TypeOf(TypeFamily.Text)),
            new("floor", CellTextTests.TypeOf(TypeFamily.Int32)),
            new("tags", ArrayOf(CellTextTests.TypeOf(TypeFamily.Text) with { MaxLength = 3 })),
        ],
    };

    private static ColumnType ArrayOf(ColumnType element) => CellTextTests.TypeOf(TypeFamily.Array) with { Element = element };

    [Theory]
    [InlineData("[]", "{}")]
    [InlineData("[[], []]", "{}")]
    [InlineData("[1, null, 3.0]", "{\"1\",NULL,\"3\"}")]
    [InlineData("[[1, 2], [3, 4]]", "{{\"1\",\"2\"},{\"3\",\"4\"}}")]
    public void An_array_becomes_a_literal(string json, string text) => Assert.Equal((null, text), CellTextTests.Read(json, Integers));

    [Fact]
    public void Elements_are_quoted_and_escaped() =>
        Assert.Equal(
            (null, """{"a\"b\\","NULL","",NULL}"""),
            CellTextTests.Read("""["a\"b\\", "NULL", "", null]""", ArrayOf(CellTextTests.TypeOf(TypeFamily.Text))));

    [Fact]
    public void An_element_of_json_may_itself_be_an_array() =>
        Assert.Equal((null, """{"[1, [2]]","3"}"""), CellTextTests.Read("[[1, [2]], 3]", ArrayOf(CellTextTests.TypeOf(TypeFamily.Json))));

    [Theory]
    [InlineData("[[1, 2], [3]]")]
    [InlineData("[1, [2]]")]
    [InlineData("[[1], 2]")]
    [InlineData("[[], 1]")]
    [InlineData("[1, []]")]
    [InlineData("[[[[[[[1]]]]]]]")]
    [InlineData("{}")]
    public void A_ragged_or_too_deep_array_is_refused(string json) =>
        Assert.Equal(("TYPE_INVALID", null), CellTextTests.Read(json, Integers));

    [Theory]
    [InlineData("[1, 2, \"x\"]", "/p/2")]
    [InlineData("[[1, 2], [3, 99999999999]]", "/p/1/1")]
    public void A_wrong_element_is_pointed_at(string json, string place) => Assert.Equal(place, Pointer(json, Integers));

    [Fact]
    public void An_object_becomes_a_row_with_its_fields_in_the_types_order()
    {
        Assert.Equal((null, """("a,\"b\"","2","{\"x\",\"\\\"\"}")"""), CellTextTests.Read(
            """{"floor": 2, "tags": ["x", "\""], "street": "a,\"b\""}""", Place));
        Assert.Equal((null, "(,\"1\",)"), CellTextTests.Read("""{"floor": 1, "street": null}""", Place));
        Assert.Equal((null, "(,,)"), CellTextTests.Read("{}", Place));
    }

    [Theory]
    [InlineData("""{"flor": 1}""", "/p/flor")]
    [InlineData("""{"a/b": 1}""", "/p/a~1b")]
    [InlineData("""{"floor": "x"}""", "/p/floor")]
    [InlineData("""{"tags": ["abc", "abcd"]}""", "/p/tags/1")]
    public void A_wrong_field_is_pointed_at(string json, string place) => Assert.Equal(place, Pointer(json, Place));

    [Fact]
    public void A_domain_that_is_not_null_is_so_as_an_element_and_as_a_field()
    {
        var strict = CellTextTests.TypeOf(TypeFamily.Text) with { DomainNotNull = true };
        Assert.Equal("NOT_NULL_VIOLATION", CellTextTests.Read("[null]", ArrayOf(strict)).Code);
        var row = CellTextTests.TypeOf(TypeFamily.Composite) with { Fields = [new("a", strict)] };
        Assert.Equal("NOT_NULL_VIOLATION", CellTextTests.Read("{}", row).Code);
        Assert.Equal("NOT_NULL_VIOLATION", CellTextTests.Read("""{"a": null}""", row).Code);
    }

    private static string? Pointer(string json, ColumnType type) =>
        CellText.TryRead(JsonDocument.Parse(json).RootElement, CellTextTests.ColumnOf(type), "/p", out _)?.Pointer;
}
