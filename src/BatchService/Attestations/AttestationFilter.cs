using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>Which attestations: one of the values inside each field that is given, and all of the fields.</summary>
/// <param name="Contexts">Compared without regard to case; the others exactly.</param>
/// <param name="TimeStart">At or after.</param>
/// <param name="TimeEnd">At or before.</param>
/// <param name="Owner">Who stored them; null = anyone.</param>
internal sealed record AttestationFilter(
    IReadOnlyList<string> Subjects,
    IReadOnlyList<string> Predicates,
    IReadOnlyList<string> Contexts,
    IReadOnlyList<string> Actors,
    DateTimeOffset? TimeStart,
    DateTimeOffset? TimeEnd,
    int Limit,
    string? Owner)
{
    public const int MaxLength = 10_000;

    /// <summary>Reads the body of a query: at most <see cref="AttestationLimits.MaxFilters"/> filters.</summary>
    public static IReadOnlyList<AttestationFilter> ReadAll(JsonElement body, string? owner, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var filters = fields.Raw("filters");
        fields.RefuseOthers();
        if (filters.ValueKind == JsonValueKind.Undefined)
        {
            if (body.ValueKind == JsonValueKind.Object)
                fields.Missing("filters");
            return [];
        }
        if (filters.ValueKind != JsonValueKind.Array)
        {
            fields.Invalid("filters", "must be an array");
            return [];
        }
        if (filters.GetArrayLength() is > AttestationLimits.MaxFilters and var count)
        {
            errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({AttestationLimits.MaxFilters}). Requested: {count}", "/filters"));
            return [];
        }
        return [.. filters.EnumerateArray().Select((filter, index) => ReadIndexed(filter, index, owner, errors))];
    }

    private static AttestationFilter ReadIndexed(JsonElement filter, int index, string? owner, List<Error> errors)
    {
        var before = errors.Count;
        var read = Read(filter, JsonPointer.Append("/filters", index), owner, errors);
        for (var position = before; position < errors.Count; position++)
            errors[position] = errors[position] with { Index = index };
        return read;
    }

    /// <summary>Reads one filter; what is wrong with it is added to <paramref name="errors"/>.</summary>
    public static AttestationFilter Read(JsonElement filter, string pointer, string? owner, List<Error> errors)
    {
        var fields = new FieldReader(filter, pointer, errors);
        var read = new AttestationFilter(
            Texts("subjects"),
            Texts("predicates"),
            Texts("contexts"),
            Texts("actors"),
            fields.Time("time_start"),
            fields.Time("time_end"),
            (int)(fields.Integer("limit", required: false, 1, AttestationLimits.MaxLimit) ?? AttestationLimits.DefaultLimit),
            owner);
        fields.RefuseOthers();
        return read;

        IReadOnlyList<string> Texts(string name) => fields.Texts(name, required: false, AttestationLimits.MaxFilterValues, MaxLength) ?? [];
    }
}
