using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>
/// Enrols devices by one statement, each of them once. What may happen to a known device is decided inside the statement, while its row is
/// locked: of two calls that enrol the same new device at once, one finds it known.
/// </summary>
internal sealed class EnrollmentSet(IReadOnlyList<EnrollmentItem> items) : AnswerSet<EnrollmentItem>(items, Statement)
{
    public const string Created = "created";

    // Hashes are compared and not tokens: how far two hashes agree tells nothing about the token.
    private static readonly string Statement = $"""
        WITH u AS MATERIALIZED (
            SELECT x.ord, x.r ->> 0 AS device_id, decode(x.r ->> 1, 'base64') AS public_key, x.r ->> 2 AS platform, x.r ->> 3 AS app_version,
                   decode(x.r ->> 4, 'base64') AS current_hash, (x.r ->> 5)::boolean AS force, decode(x.r ->> 6, 'base64') AS new_hash,
                   (x.r ->> 7)::timestamptz AS issued, (x.r ->> 8)::timestamptz AS expires, (x.r ->> 9)::timestamptz AS renew,
                   x.r ->> 10 AS caller
            FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ord)),
        known AS MATERIALIZED (
            SELECT d.device_id, d.public_key, d.token_hash, d.token_issued_at, d.token_expires_at
            FROM batch.device AS d
            WHERE d.device_id IN (SELECT u.device_id FROM u)
            ORDER BY d.device_id
            FOR UPDATE),
        made AS (
            INSERT INTO batch.device AS d (
                device_id, public_key, platform, app_version, token_hash, token_issued_at, token_expires_at, enrolled_at, enrolled_by, updated_at)
            SELECT u.device_id, u.public_key, u.platform, u.app_version, u.new_hash, u.issued, u.expires, u.issued, u.caller, u.issued
            FROM u
            WHERE NOT EXISTS (SELECT FROM known WHERE known.device_id = u.device_id)
            ORDER BY u.device_id
            ON CONFLICT (device_id) DO NOTHING
            RETURNING d.device_id),
        decided AS MATERIALIZED (
            SELECT u.*, k.token_issued_at, k.token_expires_at,
                   CASE WHEN k.device_id IS NULL THEN 'created'
                        WHEN u.current_hash IS DISTINCT FROM k.token_hash OR k.token_expires_at <= u.issued THEN 'refused'
                        WHEN u.public_key <> k.public_key AND NOT u.force THEN 'other_key'
                        WHEN u.force OR k.token_expires_at <= u.renew THEN 'renewed'
                        ELSE 'kept' END AS verdict
            FROM u LEFT JOIN known AS k ON k.device_id = u.device_id),
        changed AS (
            UPDATE batch.device AS d
            SET public_key = x.public_key,
                platform = x.platform,
                app_version = coalesce(x.app_version, d.app_version),
                token_hash = CASE x.verdict WHEN 'renewed' THEN x.new_hash ELSE d.token_hash END,
                token_issued_at = CASE x.verdict WHEN 'renewed' THEN x.issued ELSE d.token_issued_at END,
                token_expires_at = CASE x.verdict WHEN 'renewed' THEN x.expires ELSE d.token_expires_at END,
                updated_at = x.issued
            FROM decided AS x
            WHERE d.device_id = x.device_id AND x.verdict IN ('renewed', 'kept'))
        SELECT array_agg(v.verdict || coalesce(' ' || v.dates, '') ORDER BY v.ord),
               array_agg(CASE WHEN v.verdict IN ('refused', 'other_key') THEN 'missing' ELSE 'done' END ORDER BY v.ord)
        FROM (
            SELECT x.ord,
                   CASE WHEN x.verdict = 'created' AND made.device_id IS NULL THEN 'refused' ELSE x.verdict END AS verdict,
                   CASE x.verdict WHEN 'kept' THEN {SqlTime.Text("x.token_issued_at")} || ' ' || {SqlTime.Text("x.token_expires_at")} END AS dates
            FROM decided AS x LEFT JOIN made ON made.device_id = x.device_id) AS v
        """;

    protected override string?[] Cells(EnrollmentItem item) =>
    [
        item.DeviceId,
        Convert.ToBase64String(item.PublicKey),
        item.Platform,
        item.AppVersion,
        item.CurrentToken is { } token ? Convert.ToBase64String(DeviceToken.Hash(token)) : null,
        item.Force ? "true" : "false",
        Convert.ToBase64String(DeviceToken.Hash(item.NewToken)),
        Rfc3339.Format(item.IssuedAt),
        Rfc3339.Format(item.ExpiresAt),
        Rfc3339.Format(item.RenewBefore),
        Caller.Subject,
    ];

    protected override ItemOutcome ToOutcome(int position, string? answer)
    {
        var item = Items[position];
        return answer!.Split(' ') switch
        {
            ["refused"] => Fail(
                position,
                ErrorCodes.PermissionDenied,
                "The device is enrolled already: it must show its current token, and that must not have expired",
                "current_token"),
            ["other_key"] => Fail(
                position,
                ErrorCodes.PermissionDenied,
                "The device is enrolled with another public key, which changes only with force: true",
                "public_key"),
            ["kept", var issued, var expires] => Done(position, ToJson(item.DeviceId, item.CurrentToken!, issued, expires), "kept"),
            [var verdict, ..] => Done(
                position, ToJson(item.DeviceId, item.NewToken, Rfc3339.Format(item.IssuedAt), Rfc3339.Format(item.ExpiresAt)), verdict),
            [] => throw new InvalidOperationException("The statement gave no verdict."),
        };
    }

    protected override string PointerOf(EnrollmentItem item) => item.Pointer;

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new EnrollmentSet([.. positions.Select(position => Items[position])]) { Caller = Caller };

    private static byte[] ToJson(string deviceId, string token, string issuedAt, string expiresAt)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("device_id"u8, deviceId);
            writer.WriteString("token"u8, token);
            writer.WriteString("issued_at"u8, issuedAt);
            writer.WriteString("expires_at"u8, expiresAt);
            writer.WriteEndObject();
        }
        return body.ToArray();
    }
}
