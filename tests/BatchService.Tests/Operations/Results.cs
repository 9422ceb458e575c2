using System.Text;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

/// <summary>Short ways to write results of operations down, and to resolve a value against them.</summary>
internal sealed class Results
{
    public const string Place = "/operations/7/store_params";

    private readonly Dictionary<string, ReferencedResult> _results = new(StringComparer.Ordinal);

    public Results With(string id, params string[] rows) => With(id, ItemStatus.Completed, rows);

    public Results With(string id, ItemStatus status, params string[] rows)
    {
        _results[id] = new ReferencedResult(new ItemOutcome(_results.Count, status)
        {
            Affected = rows.Length,
            Rows = [.. rows.Select(row => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(row))],
        });
        return this;
    }

    public Resolution Resolve(JsonElement value, ref ResolvedBytesBudget budget) =>
        ReferenceResolver.Resolve(value, _results, ref budget, Place);

    public Resolution Resolve(JsonElement value)
    {
        var budget = new ResolvedBytesBudget(ResolvedBytesBudget.DefaultLimit);
        return Resolve(value, ref budget);
    }

    /// <summary>The JSON text that the JSON text <paramref name="json"/> resolves to.</summary>
    public string Json(string json)
    {
        var (value, error) = Resolve(JsonElement.Parse(json));
        Assert.Null(error);
        return value.GetRawText();
    }

    /// <summary>The JSON text that one string resolves to.</summary>
    public string String(string text) => Json(JsonSerializer.Serialize(text));

    /// <summary>The text that one string resolves to; it must have become a string.</summary>
    public string Text(string text) => JsonElement.Parse(String(text)).GetString()!;

    public Error Error(string json)
    {
        var (value, error) = Resolve(JsonElement.Parse(json));
        Assert.NotNull(error);
        Assert.Equal(JsonValueKind.Undefined, value.ValueKind);
        return error;
    }
}
