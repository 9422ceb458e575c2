namespace BatchService.Entities;

/// <summary>The statements that read pg_catalog (PostgreSQL 15 and later); each takes the schemas as <c>$1 text[]</c>.</summary>
internal static class CatalogSql
{
    /// <summary>With nothing but pg_catalog on the path every name in a printed default carries its schema and means the same anywhere.</summary>
    public const string Path = "SET LOCAL search_path = pg_catalog";

    /// <summary>In a database without statistics the planner fears these small queries, and compiling them takes a second.</summary>
    public const string NoJit = "SET LOCAL jit = off";

    /// <summary>The roles that the connection may take.</summary>
    public const string Roles = "SELECT rolname::text FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')";

    /// <summary>What can be an entity: tables, and views that take any write (INSERT 8, UPDATE 4, DELETE 16). Partitions are parts of their root.</summary>
    private const string Roots =
        """
        roots AS (
            SELECT c.oid, c.relkind, n.nspname, c.relname
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY ($1)
              AND (c.relkind IN ('r', 'p') OR c.relkind = 'v' AND pg_relation_is_updatable(c.oid, true) & 28 <> 0)
              AND NOT c.relispartition
        )
        """;

    /// <summary>Each root with itself and its partitions: the database names the partition's constraint when a row breaks one.</summary>
    private const string Parts =
        """
        parts (root, relid) AS (
            SELECT oid, oid FROM roots
            UNION ALL
            SELECT p.root, i.inhrelid
            FROM parts p
            JOIN pg_inherits i ON i.inhparent = p.relid
            JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
        )
        """;

    /// <summary>Triggers, rules and policies count wherever a statement can reach: partitions, inheriting tables, tables beneath a view.</summary>
    public const string Entities =
        $"""
        WITH RECURSIVE {Roots},
        beneath (root, relid) AS (
            SELECT oid, oid FROM roots
            UNION
            SELECT b.root, next.relid
            FROM beneath b
            CROSS JOIN LATERAL (
                SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = b.relid
                UNION ALL
                SELECT d.refobjid
                FROM pg_rewrite r
                JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
                WHERE r.ev_class = b.relid
            ) AS next (relid)
        )
        SELECT e.oid, e.relkind::text, e.nspname::text, e.relname::text, obj_description(e.oid, 'pg_class'),
               pg_relation_is_updatable(e.oid, true),
               EXISTS (
                   SELECT FROM beneath b
                   WHERE b.root = e.oid
                     AND (EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = b.relid AND NOT t.tgisinternal)
                          OR EXISTS (SELECT FROM pg_class p WHERE p.oid = b.relid AND p.relrowsecurity)
                          OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = b.relid AND r.ev_type <> '1')))
        FROM roots e
        ORDER BY e.nspname, e.relname
        """;

    /// <summary>A column of a view that cannot be written reads as a stored generated one: to a client it is the same.</summary>
    public const string Columns =
        $"""
        WITH {Roots}
        SELECT a.attrelid, a.attname::text, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               CASE
                   WHEN a.attidentity <> '' THEN
                       format('nextval(%L::regclass)', pg_get_serial_sequence(format('%I.%I', e.nspname, e.relname), a.attname))
                   WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), pg_get_expr(t.typdefaultbin, 0))
               END,
               a.attidentity::text,
               a.attgenerated <> ''
                   OR (e.relkind = 'v'
                       AND pg_relation_is_updatable(e.oid, true) & 20 = 20
                       AND NOT pg_column_is_updatable(e.oid, a.attnum, true)),
               col_description(a.attrelid, a.attnum)
        FROM roots e
        JOIN pg_attribute a ON a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        ORDER BY a.attrelid, a.attnum
        """;

    /// <summary>Every type that a column uses, and those beneath it: of domains, elements, ranges and fields.</summary>
    public const string Types =
        $"""
        WITH RECURSIVE {Roots},
        used (oid) AS (
            SELECT a.atttypid
            FROM roots e
            JOIN pg_attribute a ON a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION
            SELECT next.oid
            FROM used u
            JOIN pg_type t ON t.oid = u.oid
            CROSS JOIN LATERAL (
                SELECT t.typbasetype WHERE t.typtype = 'd'
                UNION ALL
                SELECT element.oid FROM pg_type element WHERE element.oid = t.typelem AND element.typarray = t.oid
                UNION ALL
                SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
                UNION ALL
                SELECT a.atttypid FROM pg_attribute a
                WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            ) AS next (oid)
        )
        SELECT t.oid, n.nspname::text, t.typname::text, t.typtype::text, t.typcategory::text, t.typnotnull,
               t.typbasetype, t.typtypmod,
               coalesce(
                   (SELECT element.oid FROM pg_type element WHERE element.oid = t.typelem AND element.typarray = t.oid),
                   (SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)),
                   0::oid),
               ARRAY(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder),
               fields.names, fields.types, fields.typmods
        FROM used
        JOIN pg_type t ON t.oid = used.oid
        JOIN pg_namespace n ON n.oid = t.typnamespace
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), ARRAY[]::text[]) AS names,
                   coalesce(array_agg(a.atttypid ORDER BY a.attnum), ARRAY[]::oid[]) AS types,
                   coalesce(array_agg(a.atttypmod ORDER BY a.attnum), ARRAY[]::integer[]) AS typmods
            FROM pg_attribute a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ) AS fields
        """;

    /// <summary>Constraints of the roots and their partitions, with the columns they name in their own order.</summary>
    public const string Constraints =
        $"""
        WITH RECURSIVE {Roots}, {Parts}
        SELECT p.root, c.conname::text, c.contype::text, p.root = p.relid AND c.conparentid = 0, c.confrelid,
               ARRAY(SELECT a.attname::text
                     FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
                     ORDER BY k.place),
               ARRAY(SELECT a.attname::text
                     FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
                     JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum
                     ORDER BY k.place)
        FROM parts p
        JOIN pg_constraint c ON c.conrelid = p.relid AND c.contype <> 't'
        ORDER BY p.root <> p.relid, c.conname, c.oid
        """;

    /// <summary>Unique and exclusion indexes; those over expressions tell the columns that the expressions use.</summary>
    public const string Indexes =
        $"""
        WITH RECURSIVE {Roots}, {Parts}
        SELECT p.root, x.relname::text,
               p.root = p.relid AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL,
               i.indisprimary AND p.root = p.relid, i.indnullsnotdistinct, NOT i.indimmediate,
               ARRAY(SELECT a.attname::text
                     FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                     WHERE k.place <= i.indnkeyatts
                     ORDER BY k.place),
               ARRAY(SELECT a.attname::text
                     FROM pg_attribute a
                     WHERE i.indexprs IS NOT NULL
                       AND a.attrelid = i.indrelid
                       AND a.attnum > 0
                       AND a.attnum IN (SELECT d.refobjsubid FROM pg_depend d
                                        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid)
                     ORDER BY a.attnum)
        FROM parts p
        JOIN pg_index i ON i.indrelid = p.relid AND (i.indisunique OR i.indisexclusion)
        JOIN pg_class x ON x.oid = i.indexrelid
        ORDER BY p.root <> p.relid, NOT i.indisprimary, x.relname
        """;
}
