using System.Text;
using System.Text.Json;
using BatchService.Http;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Http;

/// <summary>What holds of the scanner for every input.</summary>
public sealed class JsonScannerLaws
{
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = JsonScanner.MaxDepth, AllowDuplicateProperties = false };

    private static readonly string[] s_fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\u0061\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"",
        "1", "-1.5e10", "1e999", "true", "null", " ", "\n", "\"", "\\", "\"a\":1", "\"b\":[", "{\"a\":", "é", "\0",
    ];

    [Fact]
    public void Takes_only_what_System_Text_Json_can_read_to_the_last_string() =>
        Prop.ForAll(Gen.Elements(s_fragments).ArrayOf().ToArbitrary(), parts => Agrees(Encoding.UTF8.GetBytes(string.Concat(parts))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact]
    public void Survives_any_bytes() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Takes_whatever_the_serializer_writes() =>
        Prop.ForAll(ArbMap.Default.ArbFor<Dictionary<int, string?[]>>(), value =>
                JsonScanner.Scan(JsonSerializer.SerializeToUtf8Bytes(Clean(value))) is null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Refuses_an_object_exactly_when_two_names_are_equal() =>
        Prop.ForAll(Gen.Choose(0, 150).Select(i => i).ArrayOf().ToArbitrary(), numbers =>
            {
                var members = numbers.Select((n, i) => i % 3 == 0 ? $"\"\\u006b{n}\":{i}" : $"\"k{n}\":{i}");
                var json = Encoding.UTF8.GetBytes($"{{{string.Join(',', members)}}}");
                return JsonScanner.Scan(json) is null == (numbers.Distinct().Count() == numbers.Length);
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(200));

    /// <summary>Null from the scanner means that all else can rely on it; an error means nothing was thrown.</summary>
    private static bool Agrees(byte[] json)
    {
        if (JsonScanner.Scan(json) is not null)
        {
            return true;
        }

        using var document = JsonDocument.Parse(json, s_strict);
        ReadAll(document.RootElement);
        return true;
    }

    private static void ReadAll(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    Assert.DoesNotContain('\0', member.Name);
                    ReadAll(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    ReadAll(item);
                }

                break;
            case JsonValueKind.String:
                Assert.DoesNotContain('\0', element.GetString()!);
                break;
            case JsonValueKind.Number:
                Assert.True(double.IsFinite(element.GetDouble()));
                break;
            default:
                break;
        }
    }

    private static Dictionary<int, string?[]> Clean(Dictionary<int, string?[]> value) =>
        value.ToDictionary(
            pair => pair.Key,
            pair => pair.Value.Select(text => text?.Replace("\0", "", StringComparison.Ordinal)).ToArray());
}
