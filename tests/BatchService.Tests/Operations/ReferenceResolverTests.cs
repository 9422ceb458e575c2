using System.Runtime.InteropServices;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Tests.Operations;

public sealed class ReferenceResolverTests
{
    private const string Customer =
        """
        {"customer_id": 60, "name": "Jo \"J\"", "vip": true, "note": null, "credit": 12.50, "address": {"street": "High St", "n": 1},
         "items": [{"id": 5}, {"id": 6}], "$etag": "e1"}
        """;

    private readonly Results _results = new Results()
        .With("op1", """{"id": 5, "name": "x"}""")
        .With("cust", Customer)
        .With("many", """{"id": 1}""", """{"id": 2}""", """{"id": 3}""")
        .With("none")
        .With("earlier", ItemStatus.Replayed);

    [Fact]
    public void A_simple_reference_takes_the_value() => Assert.Equal("60", _results.String("$ref:cust.customer_id"));

    [Theory]
    [InlineData("$ref:cust.customer_id", "60")]
    [InlineData("$ref:cust.credit", "12.50")]
    [InlineData("$ref:cust.vip", "true")]
    [InlineData("$ref:cust.note", "null")]
    [InlineData("$ref:cust.name", "\"Jo \\\"J\\\"\"")]
    [InlineData("$ref:cust.address", """{"street": "High St", "n": 1}""")]
    [InlineData("$ref:cust.items", """[{"id": 5}, {"id": 6}]""")]
    [InlineData("${ref:cust.credit}", "12.50")]
    public void A_whole_string_keeps_the_type(string text, string json) => Assert.Equal(json, _results.String(text));

    [Theory]
    [InlineData("1e2")]
    [InlineData("100.0")]
    [InlineData("12345678901234567890123456789.0123456789")]
    [InlineData("-0.0")]
    public void A_number_keeps_its_exact_text(string number)
    {
        var results = new Results().With("a", $$"""{"n": {{number}}}""");

        Assert.Equal(number, results.String("$ref:a.n"));
        Assert.Equal($"n={number}", results.Text("n=$ref:a.n"));
    }

    [Theory]
    [InlineData("$ref:cust.address.street", "\"High St\"")]
    [InlineData("$ref:cust.items.0.id", "5")]
    [InlineData("$ref:cust.items[0].id", "5")]
    [InlineData("$ref:cust.items[-1].id", "6")]
    [InlineData("$ref:cust.0.customer_id", "60")]
    [InlineData("$ref:cust[0].customer_id", "60")]
    [InlineData("$ref:cust[-1].items[1]", """{"id": 6}""")]
    [InlineData("$ref:cust.$etag", "\"e1\"")]
    public void A_path_leads_through_objects_arrays_and_rows(string text, string json) => Assert.Equal(json, _results.String(text));

    [Theory]
    [InlineData("$ref:many.1.id", "2")]
    [InlineData("$ref:many[1].id", "2")]
    [InlineData("$ref:many[-1].id", "3")]
    [InlineData("$ref:many[-3].id", "1")]
    public void Several_rows_are_named_by_their_index(string text, string json) => Assert.Equal(json, _results.String(text));

    [Theory]
    [InlineData("$ref:many.$status", "\"completed\"")]
    [InlineData("$ref:many.$affected", "3")]
    [InlineData("$ref:none.$affected", "0")]
    [InlineData("$ref:many.$index", "2")]
    [InlineData("$ref:earlier.$status", "\"completed\"")]
    [InlineData("was $ref:many.$status_now", "\"was completed_now\"")]
    public void Meta_values_need_no_row(string text, string json) => Assert.Equal(json, _results.String(text));

    [Fact]
    public void Several_values_are_resolved_at_once() =>
        Assert.Equal(
            """{"a":60,"b":5,"c":"plain"}""",
            _results.Json("""{"a": "$ref:cust.customer_id", "b": "$ref:op1.id", "c": "plain"}"""));

    [Fact]
    public void Nested_objects_and_arrays_are_resolved() =>
        Assert.Equal(
            """{"a":{"b":[1,"$",{"c":[60,"n 5"]}]},"d": [1, 2]}""".Replace(" [1, 2]", "[1, 2]", StringComparison.Ordinal),
            _results.Json("""{"a": {"b": [1, "$", {"c": ["$ref:cust.customer_id", "n $ref:op1.id"]}]}, "d": [1, 2]}"""));

    [Theory]
    [InlineData("prefix_$ref:op1.id_suffix", "prefix_5_suffix")]
    [InlineData("=$ref:op1.id_suffix", "=5_suffix")]
    [InlineData("$ref:op1.id.", "5.")]
    [InlineData("=$ref:op1.id.pdf", "=5.pdf")]
    [InlineData("=$ref:op1.id_a_b.c", "=5_a_b.c")]
    [InlineData("[$ref:op1.id]", "[5]")]
    [InlineData("$ref:op1.id-$ref:cust.customer_id", "5-60")]
    [InlineData("$ref:op1.id$ref:cust.customer_id", "560")]
    [InlineData("$ref:op1.id.$ref:cust.customer_id", "5.60")]
    [InlineData("${ref:op1.id}_suffix", "5_suffix")]
    [InlineData("a${ref:op1.id}${ref:op1.name}b", "a5xb")]
    [InlineData("=$ref:cust.note_x", "=null_x")]
    [InlineData("=$ref:cust.items.0_x", """={"id": 5}_x""")]
    [InlineData("gt::$ref:op1.id", "gt::5")]
    [InlineData("in::$ref:op1.id,$ref:cust.customer_id", "in::5,60")]
    [InlineData("eq::$ref:cust.name", "eq::Jo \"J\"")]
    public void A_reference_inside_text_becomes_text(string text, string expected) => Assert.Equal(expected, _results.Text(text));

    [Theory]
    [InlineData("is $ref:cust.vip", "is true")]
    [InlineData("is $ref:cust.note", "is null")]
    [InlineData("is $ref:cust.credit", "is 12.50")]
    [InlineData("is $ref:cust.address", """is {"street": "High St", "n": 1}""")]
    [InlineData("is $ref:cust.items", """is [{"id": 5}, {"id": 6}]""")]
    public void What_is_not_a_string_becomes_its_json_text(string text, string expected) => Assert.Equal(expected, _results.Text(text));

    [Theory]
    [InlineData("""{"id": 1, "id_x": 2, "id_x_y": 3}""", "=3")]
    [InlineData("""{"id": 1, "id_x": 2}""", "=2_y")]
    [InlineData("""{"id": 1}""", "=1_x_y")]
    public void The_bare_form_takes_the_longest_path_that_resolves_inside_text(string row, string text) =>
        Assert.Equal(text, new Results().With("a", row).Text("=$ref:a.id_x_y"));

    [Fact]
    public void The_bare_form_is_exact_where_it_is_the_whole_string() =>
        Assert.Equal(ErrorCodes.ReferencePathNotFound, new Results().With("a", """{"id": 1}""").Error("\"$ref:a.id_x\"").Code);

    [Theory]
    [InlineData("$ref:cust.address.zip")]
    [InlineData("$ref:cust.0.foo")]
    [InlineData("$ref:cust.note.foo")]
    [InlineData("text $ref:cust.items.0.foo")]
    public void A_missing_property_of_an_object_an_array_or_null_is_not_taken_for_text(string text) =>
        Assert.Equal(ErrorCodes.ReferencePathNotFound, _results.Error(JsonSerializer.Serialize(text)).Code);

    [Fact]
    public void The_bare_form_is_never_cut_at_a_bracket() =>
        Assert.Equal(ErrorCodes.ReferencePathNotFound, _results.Error("\"$ref:op1.id[0]\"").Code);

    [Fact]
    public void The_delimited_form_is_never_cut() =>
        Assert.Equal(ErrorCodes.ReferencePathNotFound, _results.Error("\"${ref:op1.id_suffix}\"").Code);

    [Theory]
    [InlineData("größe")]
    [InlineData("नाम")]
    public void Names_may_have_letters_of_any_script(string name) =>
        Assert.Equal("4", new Results().With("a", $$"""{"{{name}}": 4}""").String($"$ref:a.{name}"));

    [Fact]
    public void The_delimited_form_reaches_names_with_blanks_and_hyphens() =>
        Assert.Equal("4", new Results().With("a", """{"first-name of": {"x y": 4}}""").String("${ref:a.first-name of.x y}"));

    [Theory]
    [InlineData("$$ref:op1.id", "$ref:op1.id")]
    [InlineData("$${ref:op1.id}", "${ref:op1.id}")]
    [InlineData("$$$ref:op1.id", "$$ref:op1.id")]
    [InlineData("a $$ref: b $ref:op1.id", "a $ref: b 5")]
    [InlineData("$5 and $$", "$5 and $$")]
    public void A_doubled_dollar_sign_escapes(string text, string expected) => Assert.Equal(expected, _results.Text(text));

    [Fact]
    public void A_marker_written_with_a_json_escape_is_a_marker() => Assert.Equal("5", _results.Json("\"\\u0024ref:op1.id\""));

    [Fact]
    public void Keys_are_left_alone() =>
        Assert.Equal("""{"$ref:op1.id":5}""", _results.Json("""{"$ref:op1.id": "$ref:op1.id"}"""));

    [Theory]
    [InlineData("""{"a":  [1, 2.50, "x"]}""")]
    [InlineData("\"text\"")]
    [InlineData("17")]
    [InlineData("null")]
    public void A_value_without_references_is_handed_back_without_a_copy(string json)
    {
        var value = JsonElement.Parse(json);
        var resolved = _results.Resolve(value).Value;

        Assert.True(JsonMarshal.GetRawUtf8Value(value) == JsonMarshal.GetRawUtf8Value(resolved));
    }

    [Fact]
    public void A_value_that_was_not_sent_stays_that_way() => Assert.Null(_results.Resolve(default).Error);

    [Fact]
    public void An_unknown_operation_is_an_error()
    {
        var error = _results.Error("""{"x": "$ref:ghost.id"}""");

        Assert.Equal(ErrorCodes.ReferenceUnknown, error.Code);
        Assert.Equal(Results.Place + "/x", error.Pointer);
    }

    [Theory]
    [InlineData("$ref:op1.foo", "Operation 'op1' has no property 'foo' in its result; it has: id, name")]
    [InlineData("x $ref:op1.foo_bar", "Operation 'op1' has no property 'foo_bar' in its result; it has: id, name")]
    [InlineData("${ref:cust.address.zip}", "Operation 'cust' has no property 'address.zip' in its result; it has: street, n")]
    [InlineData("${ref:cust.items[2].id}", "Operation 'cust' has no property 'items[2]' in its result; there is an array of 2")]
    [InlineData("${ref:cust.items.id}", "Operation 'cust' has no property 'items.id' in its result; there is an array of 2")]
    [InlineData("${ref:cust.vip.x}", "Operation 'cust' has no property 'vip.x' in its result; there is a plain value")]
    [InlineData("${ref:cust.note.x}", "Operation 'cust' has no property 'note.x' in its result; there is a null")]
    [InlineData("$ref:many.id", "Operation 'many' has no property 'id' in its result; it has 3 rows, named by their index from 0")]
    [InlineData("$ref:many[3].id", "Operation 'many' has no property '[3]' in its result; it has 3 rows, named by their index from 0")]
    [InlineData("$ref:none.id", "Operation 'none' has no property 'id' in its result; it has no rows")]
    [InlineData("$ref:op1.$unknown", "Operation 'op1' has no property '$unknown' in its result; it has: id, name")]
    public void A_missing_path_names_what_there_is(string text, string detail)
    {
        var error = _results.Error($$"""{"a/b": ["x", "{{text}}"]}""");

        Assert.Equal(ErrorCodes.ReferencePathNotFound, error.Code);
        Assert.Equal(422, error.Code.Status);
        Assert.Equal(detail, error.Detail);
        Assert.Equal(Results.Place + "/a~1b/1", error.Pointer);
    }

    [Fact]
    public void At_most_fifty_names_are_listed_and_long_ones_are_cut()
    {
        var row = JsonSerializer.Serialize(Enumerable.Range(0, 100).ToDictionary(i => $"n{i}{new string('x', 1_000)}", i => i));
        var detail = new Results().With("a", row).Error("\"$ref:a.foo\"").Detail;

        Assert.Contains("n49x", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("n50x", detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 0, 4_000);
    }

    [Fact]
    public void Malformed_references_are_errors_here_too() =>
        Assert.Equal(ErrorCodes.ReferenceSyntax, _results.Error("\"$ref:\"").Code);

    [Fact]
    public void Text_out_of_data_is_never_expanded()
    {
        var results = new Results().With("a", """{"v": "$ref:a.secret $$ref: ${ref:a.secret}", "secret": "s"}""");

        Assert.Equal("$ref:a.secret $$ref: ${ref:a.secret}", results.Text("$ref:a.v"));
        Assert.Equal("<$ref:a.secret $$ref: ${ref:a.secret}>", results.Text("<$ref:a.v>"));
        Assert.Equal("$ref:a.secret", new Results().With("b", """{"d": "$"}""").Text("${ref:b.d}ref:a.secret"));
    }
}
