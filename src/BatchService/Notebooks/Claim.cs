using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>What an entry claims, in one sentence.</summary>
/// <param name="Confidence">From 0 to 1.</param>
internal sealed record Claim(string Text, double Confidence)
{
    public const int MaxCount = 20;
    public const int MaxTextLength = 10_000;

    /// <summary>Reads 1 to 20 claims.</summary>
    /// <param name="pointer">Where the array is.</param>
    /// <param name="strict">Fields that claims do not have are errors; a worker's result may have them, it is kept whole.</param>
    public static IReadOnlyList<Claim> ReadAll(JsonElement value, string pointer, bool strict, List<Error> errors)
    {
        if (value.ValueKind == JsonValueKind.Undefined || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
            errors.Insert(0, new Error(ErrorCodes.FieldInvalid, "claims array is empty", pointer));
        else if (value.ValueKind != JsonValueKind.Array)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "claims must be an array of objects", pointer));
        else if (value.GetArrayLength() > MaxCount)
            errors.Insert(0, new Error(ErrorCodes.FieldInvalid, $"claims array exceeds maximum of {MaxCount}", pointer));
        else
            return [.. value.EnumerateArray().Select((claim, index) => Read(claim, JsonPointer.Append(pointer, index), strict, errors))];
        return [];
    }

    /// <summary>The JSON array that is stored.</summary>
    public static string ToJson(IReadOnlyList<Claim> claims) => System.Text.Encoding.UTF8.GetString(NotebookJson.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var claim in claims)
        {
            writer.WriteStartObject();
            writer.WriteString("text", claim.Text);
            writer.WriteNumber("confidence", claim.Confidence);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }).Span);

    private static Claim Read(JsonElement value, string pointer, bool strict, List<Error> errors)
    {
        var fields = new FieldReader(value, pointer, errors);
        var claim = new Claim(
            fields.Text("text", required: true, MaxTextLength) ?? "", fields.Number("confidence", required: true, 0, 1) ?? 0);
        if (strict)
            fields.RefuseOthers();
        return claim;
    }
}
