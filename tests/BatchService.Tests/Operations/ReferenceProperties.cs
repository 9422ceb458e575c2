using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using BatchService.Operations;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Operations;

public sealed class ReferenceProperties
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Pieces that are likely to meet the grammar, whole or broken.</summary>
    private static readonly string[] Pieces =
    [
        "$ref:", "${ref:", "$$ref:", "$", "{", "}", "op", "other", ".", "_", "v", "id", "[0]", "[-1]", "$status",
        " ", "\"", "\\", "é", "😀", "0", "\n",
    ];

    private static Gen<string> Fragments =>
        Gen.Choose(0, 8).SelectMany(size => Gen.ArrayOf(Gen.Elements(Pieces), size)).Select(string.Concat);

    private static Gen<string> Plain =>
        Gen.Choose(0, 8)
            .SelectMany(size => Gen.ArrayOf(Gen.Elements("a", "ref:", "{", "}", ".", "\"", "\\", "é", "😀", "\u0001"), size))
            .Select(string.Concat);

    [Fact]
    public void A_whole_reference_takes_any_value_with_its_exact_json_text() =>
        Check(Json(Fragments, 3), json => With(json).String("$ref:op.v") == json && With(json).String("${ref:op[0].v}") == json);

    [Fact]
    public void A_string_out_of_data_goes_into_text_as_it_is_and_is_never_expanded() =>
        Check(Fragments, text => With(Serialize(text)).Text("<$ref:op.v|${ref:op.v}>") == $"<{text}|{text}>");

    [Fact]
    public void Whatever_is_not_a_string_goes_into_text_as_its_json_text() =>
        Check(Json(Fragments, 3).Where(json => json[0] != '"'), json => With(json).Text("<$ref:op.v>") == $"<{json}>");

    [Fact]
    public void A_value_without_dollar_signs_is_handed_back_without_a_copy() =>
        Check(Json(Plain, 4), json =>
        {
            var value = JsonElement.Parse(json);
            return JsonMarshal.GetRawUtf8Value(value) == JsonMarshal.GetRawUtf8Value(With("1").Resolve(value).Value);
        });

    [Fact]
    public void A_value_without_references_means_the_same_afterwards() =>
        Check(Json(Fragments, 4), json =>
        {
            var value = JsonElement.Parse(json);
            var scan = ReferenceScan.Collect(value, "");
            return scan.References.Count + scan.Errors.Count > 0
                || json.Contains("$$", StringComparison.Ordinal)
                || JsonElement.DeepEquals(value, With("1").Resolve(value).Value);
        });

    [Fact]
    public void Every_text_can_be_written_with_escapes() =>
        Check(Fragments, text =>
        {
            var escaped = text.Replace("$ref:", "$$ref:", StringComparison.Ordinal).Replace("${ref:", "$${ref:", StringComparison.Ordinal);
            return With("1").Text(escaped) == text;
        });

    [Fact]
    public void Any_text_resolves_or_is_an_error_with_a_place() =>
        Check(Fragments, text =>
        {
            var (value, error) = With("5").Resolve(JsonElement.Parse($$"""{"x": [{{Serialize(text)}}]}"""));
            return error is null ? value.ValueKind == JsonValueKind.Object : error.Pointer == Results.Place + "/x/0";
        });

    [Fact]
    public void What_the_check_refuses_never_resolves() =>
        Check(Fragments.Select(text => "$ref:op." + text), text =>
        {
            var shapes = new Dictionary<string, ReferenceShape> { ["op"] = ReferenceShape.Of(["id"], ["v"]) };
            var refused = ReferenceTemplate.TryParse(text, out var template, out _)
                && template.References.Any(reference =>
                    ReferenceCheck.Check(0, "a", new FoundReference(reference, ""), shapes) is not null);
            return !refused || With("[{\"id\": 1}]").Resolve(JsonSerializer.SerializeToElement(text)).Error is not null;
        });

    private static void Check(Gen<string> texts, Func<string, bool> holds) =>
        Prop.ForAll(texts.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static Results With(string json) => new Results().With("op", $$"""{"id": 7, "v": {{json}}}""");

    private static string Serialize(string text) => JsonSerializer.Serialize(text, Relaxed);

    /// <summary>The JSON text of any value, with blanks and numbers that a round trip through double would change.</summary>
    private static Gen<string> Json(Gen<string> texts, int depth)
    {
        var plain = Gen.OneOf(
            Gen.Elements("0", "-0.0", "1.50", "1e2", "12345678901234567890.123", "true", "false", "null", "[]", "{}"),
            texts.Select(Serialize));
        if (depth == 0)
        {
            return plain;
        }

        var inner = Json(texts, depth - 1);
        var items = Gen.Choose(0, 4).SelectMany(size => Gen.ArrayOf(inner, size));
        return Gen.OneOf(
            plain,
            items.Select(values => $"[{string.Join(", ", values)}]"),
            items.Select(values => $"{{{string.Join(", ", values.Select((value, i) => $"\"k{i}\": {value}"))}}}"));
    }
}
