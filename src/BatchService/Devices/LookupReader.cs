using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>What is asked for: <paramref name="Field"/> is <c>record_id</c>, <c>device_id</c> or <c>content_hash</c>.</summary>
/// <param name="Value">As it is looked up: a UUID, an id, or 64 hex digits in lower case.</param>
internal sealed record LookupItem(int Index, string Field, string Value, string Pointer) : IBatchItem;

/// <summary>Reads the items of queries.</summary>
internal static class LookupReader
{
    private const int MaxHashLength = 128;

    /// <summary>Reads one question; what is wrong with it is added to <paramref name="errors"/>.</summary>
    public static LookupItem Read(ItemInput input, string pointer, Caller caller, List<Error> errors)
    {
        var before = errors.Count;
        var fields = new FieldReader(input.Json, pointer, errors);
        var hashText = fields.Text("content_hash", required: false, MaxHashLength);
        var hash = hashText is null ? null : KeyText.ReadHash(hashText);
        if (hashText is not null && hash is null)
            fields.Invalid("content_hash", "must be 'sha256:' and 64 hex digits");
        (string Field, string? Value)[] given =
        [
            ("content_hash", hash is null ? null : Convert.ToHexStringLower(hash)),
            ("record_id", fields.Id("record_id")?.ToString()),
            ("device_id", fields.Text("device_id", required: false, EnrollmentReader.MaxIdLength)),
        ];
        fields.RefuseOthers();
        var asked = Array.FindAll(given, field => field.Value is not null);
        if (errors.Count == before && asked.Length != 1)
        {
            errors.Add(new Error(
                asked.Length == 0 ? ErrorCodes.FieldMissing : ErrorCodes.FieldInvalid,
                "An item must have exactly one of: content_hash, record_id, device_id",
                pointer));
        }
        // A device is shown to nobody who may not ask for it at its own address.
        if (errors.Count == before && asked[0].Field == "device_id" && caller.Refusal("devices:read") is { } refusal)
            errors.Add(refusal with { Pointer = fields.PlaceOf("device_id") });
        return asked.Length == 1 ? new LookupItem(input.Index, asked[0].Field, asked[0].Value!, pointer) : new LookupItem(input.Index, "", "", pointer);
    }
}
