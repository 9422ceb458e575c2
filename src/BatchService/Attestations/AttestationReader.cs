using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>
/// Reads the commands of one batch: checks each, fills in the defaults, makes the ids. Ids of one batch never meet: generated ones are
/// made until they differ, and of two chosen alike the later one is refused.
/// </summary>
/// <param name="now">The time of the batch: <c>created_at</c>, and the default of <c>timestamp</c>.</param>
internal sealed class AttestationReader(DateTimeOffset now)
{
    public const int MaxElements = 1_000;

    /// <summary>PostgreSQL's GIN index takes no longer keys than some 2,700 bytes, and lower-casing may lengthen a text.</summary>
    public const int MaxTextBytes = 1_500;

    /// <summary>
    /// As many as a JSON batch may have. A longer stream forgets the older half, and the primary key remembers; but the ids of one chunk,
    /// which meet in one statement, are always known.
    /// </summary>
    private const int MaxRemembered = AttestationLimits.MaxCommands;

    private static readonly IReadOnlyList<string> s_any = ["_"];

    private HashSet<string> _ids = new(StringComparer.Ordinal);
    private HashSet<string> _olderIds = new(StringComparer.Ordinal);

    /// <summary>Reads one command; what is wrong with it is added to <paramref name="errors"/>.</summary>
    public AttestationItem Read(ItemInput input, string pointer, List<Error> errors)
    {
        var before = errors.Count;
        var fields = new FieldReader(input.Json, pointer, errors);
        var subjects = ReadTexts(fields, "subjects", errors);
        if (subjects is [])
            errors.Add(new Error(ErrorCodes.FieldInvalid, "The field 'subjects' must have at least one element", fields.PlaceOf("subjects")));
        else if (subjects is null && errors.Count == before)
            fields.Missing("subjects");
        var predicates = ReadTexts(fields, "predicates", errors);
        var contexts = ReadTexts(fields, "contexts", errors);
        var actors = ReadTexts(fields, "actors", errors) ?? [];
        var timestamp = fields.Time("timestamp") ?? now;
        var source = fields.Text("source", required: false, MaxTextBytes) ?? "api";
        var attributes = ReadAttributes(fields);
        var chosen = ReadId(fields);
        fields.RefuseOthers();
        var attestation = new Attestation(
            chosen ?? "",
            subjects ?? [],
            predicates is { Count: > 0 } ? predicates : s_any,
            contexts is { Count: > 0 } ? contexts : s_any,
            actors,
            timestamp,
            source,
            attributes,
            now);
        var item = new AttestationItem(input.Index, attestation, chosen is not null, actors is [var actor, ..] ? actor : "", pointer);
        return errors.Count > before ? item : WithOwnId(item, fields, errors);
    }

    private AttestationItem WithOwnId(AttestationItem item, FieldReader fields, List<Error> errors)
    {
        if (item.ChoseId)
        {
            if (!IsNew(item.Attestation.Id))
                errors.Add(new Error(ErrorCodes.DuplicateInBatch, "An earlier command of the batch has the same id", fields.PlaceOf("id")));
            return item.Actor.Length > 0 ? item : item with { Attestation = item.Attestation with { Actors = [item.Attestation.Id] } };
        }
        do
            item = item.Renewed();
        while (!IsNew(item.Attestation.Id));
        return item;
    }

    private bool IsNew(string id)
    {
        if (_ids.Count >= MaxRemembered)
            (_ids, _olderIds) = (new HashSet<string>(StringComparer.Ordinal), _ids);
        return !_olderIds.Contains(id) && _ids.Add(id);
    }

    private static string? ReadId(FieldReader fields)
    {
        var value = fields.Raw("id");
        if (value.ValueKind == JsonValueKind.Undefined)
            return null;
        if (value.ValueKind == JsonValueKind.String && Asid.IsValid(value.GetString()!))
            return value.GetString();
        fields.Invalid("id", "must be an ASID of 32 characters");
        return null;
    }

    private static IReadOnlyList<string>? ReadTexts(FieldReader fields, string name, List<Error> errors)
    {
        var before = errors.Count;
        var texts = fields.Texts(name, required: false, MaxElements, MaxTextBytes);
        if (texts is null || errors.Count > before)
            return texts is null ? null : [""];
        for (var index = 0; index < texts.Count; index++)
        {
            // No text of so few UTF-16 units is too long: the usual case is not counted.
            if (texts[index].Length > MaxTextBytes / 3 && Encoding.UTF8.GetByteCount(texts[index]) > MaxTextBytes)
                errors.Add(new Error(ErrorCodes.FieldInvalid, $"An element of '{name}' must not be longer than {MaxTextBytes} bytes", JsonPointer.Append(fields.PlaceOf(name), index)));
        }
        return texts;
    }

    private static string? ReadAttributes(FieldReader fields)
    {
        var value = fields.Raw("attributes");
        if (value.ValueKind == JsonValueKind.Object)
            return AttestationJson.Compact(value);
        if (value.ValueKind != JsonValueKind.Undefined)
            fields.Invalid("attributes", "must be an object");
        return null;
    }
}
