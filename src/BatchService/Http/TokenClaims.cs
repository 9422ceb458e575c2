using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Makes the <see cref="Caller"/> of a token's payload, whose signature has been verified.</summary>
internal static class TokenClaims
{
    private const int MaxSubjectLength = 255;

    private static readonly char[] s_blank = [' '];

    /// <summary>Null when the payload is no strict JSON object, or names nobody.</summary>
    /// <param name="roleClaim">The claim that names the database role; null where none is set.</param>
    public static Caller? ToCaller(byte[] payload, string? roleClaim)
    {
        // The database will read it as jsonb: what that would refuse must not get so far.
        if (JsonScanner.Scan(payload) is not null)
            return null;
        using var document = JsonDocument.Parse(payload);
        var claims = document.RootElement;
        if (claims.ValueKind != JsonValueKind.Object
            || !claims.TryGetProperty("sub", out var subject)
            || subject.ValueKind != JsonValueKind.String
            || subject.GetString() is not { Length: > 0 and <= MaxSubjectLength } sub)
        {
            return null;
        }
        return new Caller(sub, Words(claims, "scope", "scp", s_blank), Words(claims, "roles", "role", []), claims.GetRawText())
        {
            DatabaseRoleClaim = roleClaim,
            DatabaseRole = roleClaim is null ? null : Text(claims, roleClaim),
        };
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What both claims name together: each a string, or an array of strings.</summary>
    private static HashSet<string> Words(JsonElement claims, string one, string other, char[] separators)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in new[] { one, other })
        {
            if (!claims.TryGetProperty(name, out var value))
                continue;
            if (value.ValueKind == JsonValueKind.String)
                words.UnionWith(Split(value));
            else if (value.ValueKind == JsonValueKind.Array)
                words.UnionWith(value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).SelectMany(Split));
        }
        return words;

        // Roles may have blanks in their names, scopes have none.
        IEnumerable<string> Split(JsonElement text) => separators.Length == 0
            ? [text.GetString()!]
            : text.GetString()!.Split(separators, StringSplitOptions.RemoveEmptyEntries);
    }
}
