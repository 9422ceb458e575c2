using System.Text.RegularExpressions;

namespace BatchService.Entities;

/// <summary>
/// Row filters in SQL. A claim enters as the text (or null) that <c>request.jwt.claims</c> has at its path: the transaction binds that
/// setting as a parameter, so no value of a token is ever part of a statement. Whoever compares it with a number casts it: <c>${claims.org}::int</c>.
/// </summary>
internal static partial class RowFilter
{
    private const string Placeholder = "${";

    private const string RowAlias = "\"$p\"";

    /// <summary>The filter with its claims in place; null where a placeholder cannot be read.</summary>
    public static string? Compile(string filter)
    {
        var compiled = Claim().Replace(filter, match => ToSql(match.Groups["path"].Value));
        return compiled.Contains(Placeholder, StringComparison.Ordinal) ? null : compiled;
    }

    /// <summary>Filters of several roles: a row that one of them shows is shown. Null where one of them shows all.</summary>
    public static string? AnyOf(IReadOnlyList<EntityGrant> grants) => grants.Any(grant => grant.RowFilter is null)
        ? null
        // On lines of their own, since a filter may end in a comment.
        : string.Join(" OR ", grants.Select(grant => grant.RowFilter!).Distinct(StringComparer.Ordinal).Select(filter => $"(\n{filter}\n)"));

    /// <summary>A condition that holds for a row that the caller may see, whatever other tables the statement has.</summary>
    public static string Visible(Entity entity, string alias) => entity.RowFilter is { } filter
        ? $"EXISTS (SELECT FROM (SELECT {alias}.*) AS {RowAlias} WHERE ({filter}))"
        : "true";

    /// <summary>The same at the end of a list of conditions; nothing where every row may be seen.</summary>
    public static string AndVisible(Entity entity, string alias) => entity.RowFilter is null ? "" : $" AND {Visible(entity, alias)}";

    /// <summary>A value of RETURNING that refuses the whole statement when it left a row that its writer may not see.</summary>
    public static string Checked(Entity entity, string value) => entity.RowFilter is null
        ? value
        : $"CASE WHEN {Visible(entity, RowJson.Alias)} THEN {value} WHEN batch.refuse_row() THEN NULL END";

    /// <summary>In a sub-select, so that it is worked out once for the statement and not for every row.</summary>
    private static string ToSql(string path) =>
        $"(SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb #>> '{{{path.Replace('.', ',')}}}')";

    [GeneratedRegex(@"\$\{claims\.(?<path>[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Claim();
}
