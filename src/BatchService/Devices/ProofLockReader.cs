using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>A checked proof, its signature verified, with the ids that it gets.</summary>
/// <param name="Geo">A JSON object as compact text.</param>
/// <param name="SignedText">What was signed; null without a signature.</param>
internal sealed record ProofLockItem(
    int Index,
    Guid RecordId,
    string DeviceId,
    byte[] DevicePubkey,
    byte[] AssetHash,
    DateTimeOffset CaptureTime,
    string? Geo,
    byte[]? Signature,
    string? SignedText,
    string Shortcode,
    DateTimeOffset LockedAt,
    string Pointer) : IBatchItem;

/// <summary>Reads proofs to lock, and verifies their signatures.</summary>
/// <param name="now">With microseconds: more PostgreSQL does not keep.</param>
internal sealed class ProofLockReader(ProofsOptions options, DateTimeOffset now)
{
    public const int MaxTextLength = 128;
    public const int MaxGeoLength = 4_096;

    private static readonly (string Name, double Max)[] s_coordinates =
        [("lat", 90), ("latitude", 90), ("lon", 180), ("lng", 180), ("longitude", 180)];

    /// <summary>Reads one proof; what is wrong with it is added to <paramref name="errors"/>.</summary>
    public ProofLockItem Read(ItemInput input, string pointer, List<Error> errors)
    {
        var before = errors.Count;
        var fields = new FieldReader(input.Json, pointer, errors);
        var device = fields.Text("device_id", required: true, EnrollmentReader.MaxIdLength);
        var key = fields.Text("device_pubkey", required: true, MaxTextLength) is { } keyText ? KeyText.ReadKey(keyText) : [];
        if (key is null)
            fields.Invalid("device_pubkey", "must be 'ed25519:' and the Base64 of a public key of 32 bytes");
        var hashText = fields.Text("asset_hash", required: true, MaxTextLength);
        var hash = hashText is null ? [] : KeyText.ReadHash(hashText);
        if (hash is null)
            fields.Invalid("asset_hash", "must be 'sha256:' and 64 hex digits");
        var captured = fields.Time("capture_time_utc", required: true) ?? default;
        var geo = ReadGeo(fields, errors);
        var signatureText = fields.Text("signature", required: false, MaxTextLength);
        var signature = signatureText is null ? null : KeyText.ReadSignature(signatureText);
        if (signatureText is not null && signature is null)
            fields.Invalid("signature", "must be the Base64 of 64 bytes");
        fields.RefuseOthers();
        string? signed = null;
        if (errors.Count == before)
        {
            if (signature is not null)
                signed = $"{hashText}|{fields.Raw("capture_time_utc").GetString()}";
            if (Refusal(signed, signature, key!) is { } refusal)
                errors.Add(new Error(ErrorCodes.ValidationFailed, refusal, fields.PlaceOf("signature")));
        }
        return new ProofLockItem(
            input.Index, Guid.CreateVersion7(now), device ?? "", key ?? [], hash ?? [], captured, geo, signature, signed, Shortcode.Create(), now, pointer);
    }

    private string? Refusal(string? signed, byte[]? signature, byte[] key)
    {
        if (signature is null)
            return options.RequireSignature ? "A proof must be signed" : null;
        return Ed25519.Verify(signature, key, Encoding.UTF8.GetBytes(signed!))
            ? null
            : "The signature is not that of the device's key over asset_hash|capture_time_utc";
    }

    private static string? ReadGeo(FieldReader fields, List<Error> errors)
    {
        var value = fields.Raw("geo");
        if (value.ValueKind == JsonValueKind.Undefined)
            return null;
        if (value.ValueKind != JsonValueKind.Object || value.GetRawText().Length > MaxGeoLength)
        {
            fields.Invalid("geo", $"must be an object of at most {MaxGeoLength} characters");
            return null;
        }
        var geo = new FieldReader(value, fields.PlaceOf("geo"), errors);
        foreach (var (name, max) in s_coordinates)
            geo.Number(name, required: false, -max, max);
        return value.GetRawText();
    }
}
