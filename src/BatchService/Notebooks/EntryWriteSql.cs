namespace BatchService.Notebooks;

/// <summary>
/// The statement that writes entries: <c>$1</c> (jsonb) is an array of entries, each an array of cells. It takes the positions
/// under the notebook's row lock, and writes all entries with their jobs or nothing at all.
/// </summary>
internal static class EntryWriteSql
{
    /// <summary>The result of an entry that was written; what is told with it is its position.</summary>
    public const string Written = "created";

    /// <summary>Told with <c>missing</c>: there is no notebook that the caller may write to. Otherwise the place of an unknown id, from 1.</summary>
    public const string NoNotebook = "notebook";

    /// <summary>Told with <c>missing</c>: another entry has the id.</summary>
    public const string Exists = "exists";

    /// <summary>
    /// Gives one row: what is told, and the results. No row when several entries were given and not all of them fit. The second condition
    /// of <c>unknown</c> lets entries name earlier ones of the same statement.
    /// </summary>
    public static readonly string Text = $"""
        WITH item AS MATERIALIZED (
            SELECT x.ordinal, (x.r ->> 5)::uuid AS id, (x.r ->> 6)::uuid AS job_id, x.r ->> 7 AS content, x.r ->> 8 AS content_type,
                   x.r ->> 9 AS topic, (x.r ->> 10)::uuid AS fragment_of, (x.r ->> 11)::integer AS fragment_index,
                   ARRAY(SELECT name::uuid FROM jsonb_array_elements_text(x.r -> 12) AS name) AS named,
                   row_number() OVER (PARTITION BY (x.r ->> 5)::uuid ORDER BY x.ordinal) AS turn
            FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ordinal)),
        head AS MATERIALIZED (
            SELECT h.*, EXISTS (SELECT FROM batch.notebook n WHERE {NotebookAccess.Condition(AccessTier.ReadWrite, "h.notebook_id", "h.subject")}) AS may
            FROM (SELECT ($1 -> 0 ->> 0)::uuid AS notebook_id, $1 -> 0 ->> 1 AS subject, $1 -> 0 ->> 2 AS stated_author,
                         ($1 -> 0 ->> 3)::timestamptz AS created, ($1 -> 0 ->> 4)::integer AS max_retries,
                         ($1 -> 0 ->> 13)::uuid AS revision_of,
                         jsonb_array_length($1) AS count) AS h),
        named AS (
            SELECT i.ordinal, r.id, r.place
            FROM item i, unnest(array_append(i.named, i.fragment_of)) WITH ORDINALITY AS r(id, place)
            WHERE r.id IS NOT NULL),
        unknown AS (
            SELECT n.ordinal, min(n.place) AS place
            FROM named n
            WHERE NOT EXISTS (SELECT FROM batch.entry e WHERE e.notebook_id = (SELECT notebook_id FROM head) AND e.id = n.id)
              AND NOT EXISTS (SELECT FROM item o WHERE o.id = n.id AND o.ordinal < n.ordinal)
            GROUP BY n.ordinal),
        judged AS MATERIALIZED (
            SELECT i.ordinal, i.id,
                   CASE WHEN NOT head.may THEN NULL
                        WHEN e.id IS NOT NULL OR i.turn > 1 THEN '{Exists}'
                        ELSE u.place::text END AS reason
            FROM item i
            CROSS JOIN head
            LEFT JOIN unknown u ON u.ordinal = i.ordinal
            LEFT JOIN batch.entry e ON e.notebook_id = (SELECT notebook_id FROM head) AND e.id = i.id),
        taken AS (
            UPDATE batch.notebook n
            SET current_sequence = n.current_sequence + head.count
            FROM head
            WHERE {NotebookAccess.Condition(AccessTier.ReadWrite, "head.notebook_id", "head.subject")}
              AND NOT EXISTS (SELECT FROM judged WHERE reason IS NOT NULL)
            RETURNING n.current_sequence - head.count AS base),
        written AS (
            INSERT INTO batch.entry (notebook_id, id, causal_position, content, content_type, topic, author, stated_author, created,
                                     revision_of, fragment_of, fragment_index, "references")
            SELECT head.notebook_id, i.id, taken.base + i.ordinal, i.content, i.content_type, i.topic, head.subject, head.stated_author,
                   head.created, head.revision_of, i.fragment_of, i.fragment_index, i.named
            FROM item i, head, taken
            RETURNING id, causal_position),
        queued AS (
            INSERT INTO batch.notebook_job (notebook_id, id, job_type, payload, created, max_retries)
            SELECT head.notebook_id, i.job_id, '{NotebookJobTypes.DistillClaims}',
                   jsonb_build_object('entry_id', i.id, 'content', i.content, 'context_claims', NULL, 'max_claims', 12),
                   head.created, head.max_retries
            FROM item i, head, taken)
        SELECT array_agg(coalesce(j.reason, w.causal_position::text, '{NoNotebook}') ORDER BY j.ordinal),
               array_agg(CASE WHEN w.id IS NULL THEN 'missing' ELSE '{Written}' END ORDER BY j.ordinal)
        FROM judged j
        LEFT JOIN written w ON w.id = j.id
        HAVING count(*) = 1 OR count(j.reason) = 0
        """;
}
