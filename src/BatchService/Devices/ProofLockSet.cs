using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>Locks proofs by one statement: those whose devices are enrolled with the key that they name.</summary>
internal sealed class ProofLockSet(IReadOnlyList<ProofLockItem> items) : AnswerSet<ProofLockItem>(items, Statement)
{
    private const string Statement = """
        WITH u AS MATERIALIZED (
            SELECT x.ord, (x.r ->> 0)::uuid AS record_id, x.r ->> 1 AS device_id, decode(x.r ->> 2, 'base64') AS device_pubkey,
                   decode(x.r ->> 3, 'base64') AS asset_hash, (x.r ->> 4)::timestamptz AS captured, (x.r ->> 5)::jsonb AS geo,
                   decode(x.r ->> 6, 'base64') AS signature, x.r ->> 7 AS signed_text, x.r ->> 8 AS shortcode,
                   (x.r ->> 9)::timestamptz AS locked_at, x.r ->> 10 AS caller
            FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ord)),
        known AS MATERIALIZED (
            SELECT d.device_id, d.public_key FROM batch.device AS d WHERE d.device_id IN (SELECT u.device_id FROM u)),
        made AS (
            INSERT INTO batch.proof AS p (
                record_id, device_id, device_pubkey, asset_hash, capture_time_utc, geo, signature, signed_text, shortcode, locked_at, locked_by)
            SELECT u.record_id, u.device_id, u.device_pubkey, u.asset_hash, u.captured, u.geo, u.signature, u.signed_text, u.shortcode, u.locked_at, u.caller
            FROM u JOIN known AS k ON k.device_id = u.device_id AND k.public_key = u.device_pubkey
            ON CONFLICT (shortcode) DO NOTHING
            RETURNING p.record_id),
        v AS (
            SELECT u.ord,
                   CASE WHEN k.device_id IS NULL THEN 'unknown'
                        WHEN k.public_key <> u.device_pubkey THEN 'other_key'
                        WHEN made.record_id IS NULL THEN 'taken'
                        ELSE 'locked' END AS verdict
            FROM u
            LEFT JOIN known AS k ON k.device_id = u.device_id
            LEFT JOIN made ON made.record_id = u.record_id)
        SELECT array_agg(v.verdict ORDER BY v.ord),
               array_agg(CASE v.verdict WHEN 'locked' THEN 'done' WHEN 'taken' THEN 'again' ELSE 'missing' END ORDER BY v.ord)
        FROM v
        """;

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new ProofLockSet([.. positions.Select(position => Items[position])]) { Caller = Caller };

    protected override string?[] Cells(ProofLockItem item) =>
    [
        item.RecordId.ToString(),
        item.DeviceId,
        Convert.ToBase64String(item.DevicePubkey),
        Convert.ToBase64String(item.AssetHash),
        Rfc3339.Format(item.CaptureTime),
        item.Geo,
        item.Signature is null ? null : Convert.ToBase64String(item.Signature),
        item.SignedText,
        item.Shortcode,
        Rfc3339.Format(item.LockedAt),
        Caller.Subject,
    ];

    protected override ItemOutcome ToOutcome(int position, string? answer) => answer switch
    {
        "unknown" => Fail(position, ErrorCodes.NotFound, "There is no device with this id: it must be enrolled first", "device_id"),
        "other_key" => Fail(position, ErrorCodes.PermissionDenied, "The device is enrolled with another public key", "device_pubkey"),
        // Ten random characters met ten that are taken: next time they are others.
        "taken" => ItemOutcome.Failed(
            IndexOf(position), Blame(position, new Error(ErrorCodes.SerializationFailure, "The shortcode was taken; repeat the request"))),
        _ => Done(position, ToJson(Items[position]), "locked"),
    };

    protected override string PointerOf(ProofLockItem item) => item.Pointer;

    protected override ProofLockItem Renew(ProofLockItem item) => item with { Shortcode = Shortcode.Create() };

    private static byte[] ToJson(ProofLockItem item)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("record_id"u8, item.RecordId);
            writer.WriteString("status"u8, "LOCKED"u8);
            writer.WriteString("shortcode"u8, item.Shortcode);
            writer.WriteString("locked_at"u8, Rfc3339.Format(item.LockedAt));
            writer.WriteEndObject();
        }
        return body.ToArray();
    }
}
