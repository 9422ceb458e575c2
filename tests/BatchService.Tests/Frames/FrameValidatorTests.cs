using System.Text;
using System.Text.Json;
using BatchService.Frames;

namespace BatchService.Tests.Frames;

/// <summary>Every rule about frames: what is refused, with which code, at which path, in which words.</summary>
public sealed class FrameValidatorTests
{
    private const string NotText = "Must be a string";
    private const string NotList = "Must be an array of strings";
    private const string NotTime = "Must be a time in RFC 3339 with offset, in UTC within the years 1 to 9999";
    private const string NotCount = "Must be a whole number, 0 or more";

    private static readonly string[] s_required =
        ["id", "timestamp", "branch", "module_scope", "summary_caption", "reference_point", "status_snapshot"];

    private static readonly string[] s_texts =
    [
        "branch", "summary_caption", "reference_point", "status_snapshot.next_action", "jira", "atlas_frame_id", "runId", "planHash", "userId",
        "executorRole", "guardrailProfile", "superseded_by", "turnCost.sessionId", "taskComplexity.assignedModel",
        "taskComplexity.actualModel", "taskComplexity.escalationReason", "contradiction_resolution.contradicts_frame_id",
        "contradiction_resolution.scope", "contradiction_resolution.note",
    ];

    private static readonly string[] s_lists =
    [
        "module_scope", "keywords", "feature_flags", "permissions", "image_ids", "toolCalls", "merged_from", "status_snapshot.blockers",
        "status_snapshot.merge_blockers", "status_snapshot.tests_failing", "module_attribution.evidence",
    ];

    public static TheoryData<string> Required => [.. s_required];

    public static TheoryData<string> Texts => [.. s_texts];

    public static TheoryData<string> Lists => [.. s_lists];

    public static TheoryData<string> AllFields =>
    [
        .. s_texts, .. s_lists, "id", "timestamp", "status_snapshot", "module_attribution", "module_attribution.mode",
        "module_attribution.confidence", "spend", "spend.prompts", "spend.tokens_estimated", "turnCost", "turnCost.components",
        "turnCost.components.latency", "turnCost.weights", "turnCost.weights.lambda", "turnCost.weightedScore", "turnCost.timestamp",
        "capabilityTier", "taskComplexity", "taskComplexity.tier", "taskComplexity.escalated", "taskComplexity.retryCount",
        "taskComplexity.tierMismatch", "contradiction_resolution", "contradiction_resolution.type",
    ];

    [Theory]
    [InlineData(FrameJson.Minimal)]
    [InlineData(FrameJson.Full)]
    public void Takes_the_least_and_the_most_that_a_frame_can_have(string frame)
    {
        var verdict = FrameValidator.Validate(FrameJson.Parse(frame));

        Assert.True(verdict.Valid);
        Assert.Empty(verdict.Errors);
        Assert.Empty(verdict.Warnings);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("42")]
    [InlineData("\"frame\"")]
    [InlineData("true")]
    public void Refuses_what_is_no_object(string json) =>
        AssertOne(FrameJson.Parse(json), "(root)", "INVALID_TYPE", "A frame must be a JSON object");

    [Theory]
    [MemberData(nameof(Required))]
    public void Asks_for_each_required_field(string name) =>
        AssertOne(FrameJson.With(name, null), name, "INVALID_TYPE", $"Missing required field '{name}'");

    [Theory]
    [InlineData("status_snapshot.next_action")]
    [InlineData("module_attribution.mode")]
    [InlineData("module_attribution.confidence")]
    [InlineData("module_attribution.evidence")]
    [InlineData("turnCost.components")]
    [InlineData("turnCost.components.latency")]
    [InlineData("turnCost.components.contextReset")]
    [InlineData("turnCost.components.renegotiation")]
    [InlineData("turnCost.components.tokenBloat")]
    [InlineData("turnCost.components.attentionSwitch")]
    [InlineData("taskComplexity.tier")]
    [InlineData("contradiction_resolution.type")]
    [InlineData("contradiction_resolution.contradicts_frame_id")]
    public void Asks_for_the_required_fields_of_an_object(string path) =>
        AssertOne(FrameJson.With(path, null), path, "INVALID_TYPE", $"Missing required field '{path.Split('.')[^1]}'");

    [Theory]
    [MemberData(nameof(AllFields))]
    public void Refuses_null_for_every_field(string path)
    {
        var error = Assert.Single(FrameValidator.Validate(FrameJson.With(path, "null")).Errors);

        Assert.Equal((path, "INVALID_TYPE"), (error.Path, error.Code));
    }

    [Fact]
    public void Lists_what_is_wrong_in_the_order_of_the_fields()
    {
        var verdict = FrameValidator.Validate(FrameJson.Parse("""{ "keywords": 1, "branch": 2 }"""));

        Assert.Equal([.. s_required, "keywords"], verdict.Errors.Select(error => error.Path));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Wants_strings_of_up_to_10000_units(string path)
    {
        AssertOne(FrameJson.With(path, "1"), path, "INVALID_TYPE", NotText);
        AssertNone(FrameJson.With(path, "\"\""));
        AssertNone(FrameJson.With(path, Text(10_000)));
        AssertOne(FrameJson.With(path, Text(10_001)), path, "TOO_BIG", "Must not be longer than 10000 characters");
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void Wants_lists_of_up_to_1000_strings_of_500_units(string path)
    {
        AssertOne(FrameJson.With(path, "\"core\""), path, "INVALID_TYPE", NotList);
        AssertOne(FrameJson.With(path, """["a", 1]"""), $"{path}[1]", "INVALID_TYPE", NotText);
        AssertOne(FrameJson.With(path, """["a", "b", null]"""), $"{path}[2]", "INVALID_TYPE", NotText);
        AssertNone(FrameJson.With(path, "[]"));
        AssertNone(FrameJson.With(path, $"[{Text(500)}]"));
        AssertOne(FrameJson.With(path, $"[{Text(501)}]"), $"{path}[0]", "TOO_BIG", "Must not be longer than 500 characters");
        AssertNone(FrameJson.With(path, $"[{string.Join(',', Enumerable.Repeat("\"a\"", 1_000))}]"));
        AssertOne(
            FrameJson.With(path, $"[{string.Join(',', Enumerable.Repeat("1", 1_001))}]"), path, "TOO_BIG", "Must not have more than 1000 items");
    }

    [Theory]
    [InlineData("module_attribution.mode", "explicit, inferred, fallback")]
    [InlineData("module_attribution.confidence", "high, medium, low")]
    [InlineData("capabilityTier", "senior, mid, junior")]
    [InlineData("taskComplexity.tier", "senior, mid, junior")]
    [InlineData("contradiction_resolution.type", "supersede, scope, keep-both, cancel")]
    public void Wants_one_of_the_words(string path, string words)
    {
        foreach (var word in words.Split(", "))
            AssertNone(FrameJson.With(path, $"\"{word}\""));
        foreach (var other in new[] { "\"\"", "\"other\"", $"\"{words.Split(", ")[0].ToUpperInvariant()}\"", $"\"{words}\"" })
            AssertOne(FrameJson.With(path, other), path, "INVALID_VALUE", $"Must be one of: {words}");
        AssertOne(FrameJson.With(path, "1"), path, "INVALID_TYPE", NotText);
    }

    [Theory]
    [InlineData("\"2026-01-31T10:00:00Z\"", null, null)]
    [InlineData("\"2026-01-31T10:00:00.123456789+05:30\"", null, null)]
    [InlineData("\"0001-01-01T00:00:00Z\"", null, null)]
    [InlineData("\"9999-12-31T23:59:59.999999Z\"", null, null)]
    [InlineData("\"\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"yesterday\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"2026-01-31\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"2026-01-31T10:00:00\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"2026-02-30T10:00:00Z\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"2026-01-31T25:00:00Z\"", "INVALID_VALUE", NotTime)]
    [InlineData("\"0001-01-01T00:00:00+14:00\"", "INVALID_VALUE", NotTime)]
    [InlineData("1769853600", "INVALID_TYPE", NotText)]
    public void Wants_times_with_an_offset(string value, string? code, string? message)
    {
        foreach (var path in new[] { "timestamp", "turnCost.timestamp" })
        {
            if (code is null)
                AssertNone(FrameJson.With(path, value));
            else
                AssertOne(FrameJson.With(path, value), path, code, message!);
        }
    }

    [Theory]
    [InlineData("0", null, null)]
    [InlineData("3.0", null, null)]
    [InlineData("2e3", null, null)]
    [InlineData("-0", null, null)]
    [InlineData("9007199254740991", null, null)]
    [InlineData("9007199254740993", "INVALID_VALUE", NotCount)]
    [InlineData("1e308", "INVALID_VALUE", NotCount)]
    [InlineData("-1", "INVALID_VALUE", NotCount)]
    [InlineData("1.5", "INVALID_VALUE", NotCount)]
    [InlineData("\"3\"", "INVALID_TYPE", "Must be a number")]
    [InlineData("true", "INVALID_TYPE", "Must be a number")]
    public void Wants_counts_to_be_whole_and_not_negative(string value, string? code, string? message)
    {
        foreach (var path in new[] { "spend.prompts", "spend.tokens_estimated", "taskComplexity.retryCount" })
        {
            if (code is null)
                AssertNone(FrameJson.With(path, value));
            else
                AssertOne(FrameJson.With(path, value), path, code, message!);
        }
    }

    [Theory]
    [InlineData("turnCost.components.latency")]
    [InlineData("turnCost.components.contextReset")]
    [InlineData("turnCost.components.renegotiation")]
    [InlineData("turnCost.components.tokenBloat")]
    [InlineData("turnCost.components.attentionSwitch")]
    [InlineData("turnCost.weights.lambda")]
    [InlineData("turnCost.weightedScore")]
    public void Takes_any_number_where_a_cost_is_told(string path)
    {
        foreach (var number in new[] { "0", "-1.5", "1e300" })
            AssertNone(FrameJson.With(path, number));
        AssertOne(FrameJson.With(path, "\"1\""), path, "INVALID_TYPE", "Must be a number");
    }

    [Theory]
    [InlineData("taskComplexity.escalated")]
    [InlineData("taskComplexity.tierMismatch")]
    public void Wants_flags_to_be_true_or_false(string path)
    {
        AssertNone(FrameJson.With(path, "true"));
        AssertOne(FrameJson.With(path, "1"), path, "INVALID_TYPE", "Must be true or false");
    }

    [Theory]
    [InlineData("status_snapshot")]
    [InlineData("module_attribution")]
    [InlineData("spend")]
    [InlineData("turnCost")]
    [InlineData("turnCost.components")]
    [InlineData("turnCost.weights")]
    [InlineData("taskComplexity")]
    [InlineData("contradiction_resolution")]
    public void Wants_objects_to_be_objects(string path)
    {
        foreach (var other in new[] { "[]", "\"{}\"", "1" })
            AssertOne(FrameJson.With(path, other), path, "INVALID_TYPE", "Must be an object");
    }

    [Fact]
    public void Wants_an_id_that_can_stand_in_an_address()
    {
        AssertNone(FrameJson.With("id", Text(500)));
        AssertOne(FrameJson.With("id", Text(501)), "id", "TOO_BIG", "Must not be longer than 500 characters");
        AssertOne(FrameJson.With("id", "\"\""), "id", "INVALID_VALUE", "Must not be empty");
        AssertOne(FrameJson.With("id", "123"), "id", "INVALID_TYPE", NotText);
    }

    [Fact]
    public void Counts_UTF_16_units_as_JavaScript_does()
    {
        AssertNone(FrameJson.With("id", JsonSerializer.Serialize(string.Concat(Enumerable.Repeat("😀", 250)))));
        AssertOne(
            FrameJson.With("id", JsonSerializer.Serialize(string.Concat(Enumerable.Repeat("😀", 251)))),
            "id", "TOO_BIG", "Must not be longer than 500 characters");
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Limits_an_object_to_50000_units_of_compact_JSON_text(int more, bool isTooBig)
    {
        // {"next_action":"","blockers":["…","…",…]} with é, quotes and line breaks that JSON escapes to two units; sent with blanks.
        var items = Enumerable.Repeat("é\"\n" + new string('a', 495), 99).ToList();
        var snapshot = new { next_action = "", blockers = items };
        var rest = 50_000 + more - Compact(snapshot).Length - 3;
        items.Add(new string('b', rest));
        Assert.Equal(50_000 + more, Compact(snapshot).Length);
        var json = $$"""{{FrameJson.Minimal[..FrameJson.Minimal.IndexOf("\"status_snapshot\"", StringComparison.Ordinal)]}} "status_snapshot" : {{JsonSerializer.Serialize(snapshot, s_indented)}} }""";

        if (isTooBig)
            AssertOne(FrameJson.Parse(json), "status_snapshot", "TOO_BIG", "Must not be longer than 50000 characters as JSON text");
        else
            AssertNone(FrameJson.Parse(json));
    }

    [Theory]
    [InlineData("status_snapshot")]
    [InlineData("module_attribution")]
    [InlineData("spend")]
    [InlineData("turnCost")]
    [InlineData("taskComplexity")]
    [InlineData("contradiction_resolution")]
    public void Limits_every_object_to_50000_units_unknown_fields_included(string path)
    {
        var rest = 50_000 - Compact(FrameJson.With($"{path}.padding", "\"\"").GetProperty(path)).Length;

        AssertNone(FrameJson.With($"{path}.padding", Text(rest)));
        AssertOne(FrameJson.With($"{path}.padding", Text(rest + 1)), path, "TOO_BIG", "Must not be longer than 50000 characters as JSON text");
    }

    [Theory]
    [InlineData("mood")]
    [InlineData("status_snapshot.foo")]
    [InlineData("module_attribution.foo")]
    [InlineData("spend.foo")]
    [InlineData("turnCost.foo")]
    [InlineData("turnCost.components.foo")]
    [InlineData("taskComplexity.foo")]
    [InlineData("contradiction_resolution.foo")]
    [InlineData("Id")]
    [InlineData("$")]
    public void Warns_of_unknown_fields_wherever_they_are_and_drops_them(string path)
    {
        var frame = FrameJson.With(path, """{ "deep": [1] }""");

        var verdict = FrameValidator.Validate(frame);

        Assert.True(verdict.Valid);
        Assert.Equal([new FrameWarning(path, $"Unknown field '{path.Split('.')[^1]}' will be ignored")], verdict.Warnings);
        Assert.Equal(Canonical(FrameJson.Full), Encoding.UTF8.GetString(Frame.Of(frame).Content.Span));
    }

    [Fact]
    public void Keeps_the_list_of_findings_short_and_says_how_many_more_there_are()
    {
        var unknown = string.Concat(Enumerable.Range(0, 150).Select(index => $", \"x{index}\": 1"));
        var wrong = $"[{string.Join(',', Enumerable.Repeat("1", 1_000))}]";
        var json = FrameJson.Minimal.TrimEnd('}', ' ', '\n') + $" }}, \"keywords\": {wrong}{unknown} }}";

        var verdict = FrameValidator.Validate(FrameJson.Parse(json));

        Assert.Equal(101, verdict.Errors.Count);
        Assert.Equal(("(root)", "900 more errors"), (verdict.Errors[^1].Path, verdict.Errors[^1].Message));
        Assert.Equal(101, verdict.Warnings.Count);
        Assert.Equal(new FrameWarning("(root)", "50 more unknown fields will be ignored"), verdict.Warnings[^1]);
    }

    [Fact]
    public void Points_at_the_place_in_the_frame()
    {
        var errors = FrameValidator.Validate(FrameJson.With("turnCost.weights.a~b/c", "\"x\"")).Errors;

        Assert.Equal("/turnCost/weights/a~0b~1c", Assert.Single(errors).Pointer);
        Assert.Equal("/keywords/1", Assert.Single(FrameValidator.Validate(FrameJson.With("keywords", "[\"a\", 1]")).Errors).Pointer);
        Assert.Equal("", Assert.Single(FrameValidator.Validate(FrameJson.Parse("1")).Errors).Pointer);
    }

    [Fact]
    public void Says_nothing_of_a_rejected_value()
    {
        const string Secret = "s3cr3t";
        foreach (var path in s_required.Concat(s_lists).Append("capabilityTier").Append("turnCost.timestamp"))
        {
            var verdict = FrameValidator.Validate(FrameJson.With(path, $$"""{ "a": "{{Secret}}" }"""));
            Assert.NotEmpty(verdict.Errors);
            Assert.DoesNotContain(verdict.Errors, error => error.Message.Contains(Secret, StringComparison.Ordinal));
        }
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private static readonly JsonSerializerOptions s_compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Compact(object value) => JsonSerializer.Serialize(value, s_compact);

    private static string Canonical(string json) => Encoding.UTF8.GetString(Frame.Of(FrameJson.Parse(json)).Content.Span);

    private static string Text(int length) => $"\"{new string('a', length)}\"";

    private static void AssertNone(JsonElement frame) => Assert.Empty(FrameValidator.Validate(frame).Errors);

    private static void AssertOne(JsonElement frame, string path, string code, string message)
    {
        var error = Assert.Single(FrameValidator.Validate(frame).Errors);
        Assert.Equal((path, code, message), (error.Path, error.Code, error.Message));
    }
}
