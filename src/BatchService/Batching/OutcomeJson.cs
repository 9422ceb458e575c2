using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchService.Batching;

/// <summary>An outcome as it is kept in <c>batch.idempotency_part</c>.</summary>
internal sealed record StoredOutcome(
    int Index, int Affected, IReadOnlyList<string>? Rows, IReadOnlyList<string>? Results, string? Code, string? Detail, string? Pointer, string? Constraint)
{
    public string? Id { get; init; }
}

/// <summary>Writes and reads the outcomes of a transaction for those who take over after a crash.</summary>
internal static class OutcomeJson
{
    public static byte[] Write(IReadOnlyList<ItemOutcome> outcomes) => JsonSerializer.SerializeToUtf8Bytes(
        outcomes.Select(outcome => new StoredOutcome(
            outcome.Index,
            outcome.Affected,
            outcome.Rows.Count == 0 ? null : [.. outcome.Rows.Select(row => Encoding.UTF8.GetString(row.Span))],
            outcome.Results.Count == 0 ? null : outcome.Results,
            outcome.Error?.Code.Name,
            outcome.Error?.Detail,
            outcome.Error?.Pointer,
            outcome.Error?.Constraint)
        { Id = outcome.Id ?? outcome.Error?.Id }),
        StoredOutcomeJson.Default.IEnumerableStoredOutcome);

    /// <summary>What was completed comes back as replayed.</summary>
    public static IEnumerable<ItemOutcome> Read(byte[] json) =>
        JsonSerializer.Deserialize(json, StoredOutcomeJson.Default.IEnumerableStoredOutcome)!.Select(ToOutcome);

    private static ItemOutcome ToOutcome(StoredOutcome stored)
    {
        if (stored.Code is { } name)
        {
            var code = ErrorCodes.All.FirstOrDefault(code => code.Name == name) ?? ErrorCodes.ValidationFailed;
            return ItemOutcome.Failed(stored.Index, new Error(code, stored.Detail ?? code.Title, stored.Pointer, stored.Constraint) { Index = stored.Index, Id = stored.Id });
        }
        return new ItemOutcome(stored.Index, ItemStatus.Replayed)
        {
            Id = stored.Id,
            Affected = stored.Affected,
            Rows = [.. (stored.Rows ?? []).Select(row => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(row)))],
            Results = stored.Results ?? [],
        };
    }
}

/// <summary>The serializer of <see cref="StoredOutcome"/>.</summary>
[JsonSerializable(typeof(IEnumerable<StoredOutcome>))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class StoredOutcomeJson : JsonSerializerContext;
