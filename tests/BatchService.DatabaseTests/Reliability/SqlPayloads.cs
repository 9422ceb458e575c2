namespace BatchService.DatabaseTests.Reliability;

/// <summary>Texts that would do or show something if they ever became part of a statement.</summary>
internal static class SqlPayloads
{
    /// <summary>What nothing else has in it.</summary>
    public const string Mark = "zq7payload";

    /// <summary>What may end the place where a text stands in a statement.</summary>
    private static readonly string[] s_openings =
        ["", "'", "\"", ")", "');", "\");", "'; ", "\"; ", "\\'", "$$", "*/ ", "name ", "town.", "1 ", "\u02bc"];

    /// <summary>What may follow there.</summary>
    private static readonly string[] s_attacks =
    [
        $"; DROP TABLE {Mark}; --", $" OR '{Mark}' = '{Mark}", $" UNION SELECT '{Mark}' --", $"||(SELECT '{Mark}')||'", $"; SELECT pg_sleep(5) --{Mark}",
        $", (SELECT passwd FROM pg_shadow AS {Mark})", $"/*{Mark}*/", $"{Mark}", $"; COPY town TO PROGRAM '{Mark}' --", $" RETURNING {Mark}", $"; SET ROLE {Mark}; --",
        $" COLLATE \"{Mark}\"", $"::{Mark}", $".{Mark}",
    ];

    /// <summary>With the mark; more than 200.</summary>
    public static readonly string[] Marked = [.. s_openings.SelectMany(opening => s_attacks.Select(attack => opening + attack))];

    /// <summary>Without it: names that mean something to PostgreSQL.</summary>
    public static readonly string[] Meaningful =
    [
        "town; DROP TABLE town; --", "town\"; DROP TABLE town; --", "town' OR '1'='1", "\"town\"", "public.town", "town--", "town/**/", "town\u00a0",
        "town) UNION SELECT 1 --", "name\" = name; DELETE FROM town; --", "name = name OR true", "(SELECT 1)", "pg_sleep(5)", "1; SELECT pg_sleep(5)",
        "$1", "{0}", "%s", "\\", "\"", "'", ";", "town\nDELETE FROM town", "xmin", "ctid", "tableoid", "TOWN", "Town", "*", "town.*", "$t", "$etag",
        "batch.idempotency_keys", "pg_catalog.pg_authid", "pg_user", "information_schema.tables", "name::text", "name COLLATE \"C\"", "\ud83d\ude00",
        "name, (SELECT passwd FROM pg_shadow LIMIT 1)", "name;name", "current_user", "E'\\047'", "U&\"\\0061\"", "town\t",
    ];
}
