using System.Text;
using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>Looks up devices and proofs by one statement, which gives the JSON of what it finds; never a token or its hash.</summary>
internal sealed class LookupSet(IReadOnlyList<LookupItem> items) : AnswerSet<LookupItem>(items, Statement)
{
    /// <summary>How many proofs of one content are listed; <c>proof_count</c> counts them all.</summary>
    public const int MaxProofs = 100;

    private static readonly byte[] s_notFound = """{"found":false}"""u8.ToArray();

    private static readonly string s_proof = $"""
        SELECT p.record_id, CASE WHEN p.seal_id IS NULL THEN 'LOCKED' ELSE 'SEALED' END AS status, p.shortcode, p.device_id,
               'ed25519:' || encode(p.device_pubkey, 'base64') AS device_pubkey, 'sha256:' || encode(p.asset_hash, 'hex') AS asset_hash,
               {SqlTime.Text("p.capture_time_utc")} AS capture_time_utc, p.geo,
               replace(encode(p.signature, 'base64'), E'\n', '') AS signature, p.signed_text, {SqlTime.Text("p.locked_at")} AS locked_at,
               p.seal_id AS batch_id, encode(s.root, 'hex') AS merkle_root, {SqlTime.Text("s.sealed_at")} AS sealed_at
        FROM batch.proof AS p LEFT JOIN batch.proof_seal AS s ON s.seal_id = p.seal_id
        """;

    public static readonly string Statement = $"""
        WITH u AS MATERIALIZED (
            SELECT x.ord, x.r ->> 0 AS field, x.r ->> 1 AS value FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ord)),
        v AS (
            SELECT u.ord, CASE u.field
                WHEN 'record_id' THEN (
                    SELECT row_to_json(f)::text FROM ({s_proof} WHERE p.record_id = u.value::uuid) AS f)
                WHEN 'device_id' THEN (
                    SELECT row_to_json(f)::text FROM (
                        SELECT d.device_id, 'ed25519:' || encode(d.public_key, 'base64') AS public_key, d.platform, d.app_version,
                               {SqlTime.Text("d.token_expires_at")} AS token_expires_at, {SqlTime.Text("d.enrolled_at")} AS enrolled_at,
                               {SqlTime.Text("d.updated_at")} AS updated_at,
                               (SELECT count(*) FROM batch.proof AS p WHERE p.device_id = d.device_id) AS proof_count
                        FROM batch.device AS d WHERE d.device_id = u.value) AS f)
                WHEN 'content_hash' THEN (
                    SELECT row_to_json(f)::text FROM (
                        SELECT 'sha256:' || u.value AS content_hash,
                               (SELECT count(*) FROM batch.proof AS c WHERE c.asset_hash = decode(u.value, 'hex')) AS proof_count,
                               ('[' || string_agg(row_to_json(g)::text, ',' ORDER BY g.record_id) || ']')::json AS proofs
                        FROM ({s_proof} WHERE p.asset_hash = decode(u.value, 'hex') ORDER BY p.record_id LIMIT {MaxProofs}) AS g
                        HAVING count(*) > 0) AS f)
                END AS answer
            FROM u)
        SELECT array_agg(v.answer ORDER BY v.ord), array_agg('done'::text ORDER BY v.ord) FROM v
        """;

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new LookupSet([.. positions.Select(position => Items[position])]) { Caller = Caller };

    protected override string?[] Cells(LookupItem item) => [item.Field, item.Value];

    protected override ItemOutcome ToOutcome(int position, string? answer) => answer is null
        ? Done(position, s_notFound, "not_found")
        : Done(position, Encoding.UTF8.GetBytes($$"""{"found":true,{{answer[1..]}}"""), "found");

    protected override string PointerOf(LookupItem item) => item.Pointer;
}
