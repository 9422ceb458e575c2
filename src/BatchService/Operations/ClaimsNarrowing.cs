using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>
/// The <c>claims</c> of an operation may narrow the caller's: fewer roles and scopes, otherwise the caller's own values. Anything wider
/// needs the scope <c>batch:impersonate</c>; without it the whole request is refused.
/// </summary>
internal static class ClaimsNarrowing
{
    public const string ImpersonateScope = "batch:impersonate";

    private static readonly string[] s_scopeNames = ["scope", "scp"];
    private static readonly string[] s_roleNames = ["roles", "role"];

    /// <summary>The caller as the operation wants it; a refusal is added to <paramref name="requestErrors"/>.</summary>
    public static Caller Narrow(Caller caller, Operation operation, List<Error> requestErrors)
    {
        if (operation.Claims.ValueKind != JsonValueKind.Object)
            return caller;
        var own = JsonNode.Parse(caller.ClaimsJson)!.AsObject();
        var before = own.Select(claim => claim.Key).ToHashSet(StringComparer.Ordinal);
        var mayWiden = caller.Scopes.Contains(ImpersonateScope);
        foreach (var claim in operation.Claims.EnumerateObject())
        {
            if (!mayWiden && !IsWithin(claim, caller, own))
            {
                requestErrors.Add(new Error(
                    ErrorCodes.ClaimsNotAllowed,
                    $"Operation '{operation.Id}' claims more than the caller has",
                    JsonPointer.Append(operation.PlaceOf("claims"), claim.Name))
                { Index = operation.Index, Id = operation.Id });
                continue;
            }
            own[claim.Name] = JsonNode.Parse(claim.Value.GetRawText());
        }
        var scopes = Words(operation.Claims, s_scopeNames, ToScopes);
        var roles = Words(operation.Claims, s_roleNames, ToTexts);
        // Policies may read either spelling: the caller's own must not stay wide beside the narrow one.
        Rewrite(own, s_scopeNames, scopes);
        Rewrite(own, [s_roleNames.FirstOrDefault(name => before.Contains(name)) ?? s_roleNames[0]], roles);
        return caller with
        {
            Subject = operation.Claims.TryGetProperty("sub", out var subject) && subject.ValueKind == JsonValueKind.String ? subject.GetString()! : caller.Subject,
            Scopes = scopes ?? caller.Scopes,
            Roles = roles ?? caller.Roles,
            ClaimsJson = own.ToJsonString(),
            DatabaseRole = RoleIn(own, caller.DatabaseRoleClaim),
        };
    }

    /// <summary>The narrowed claims decide the database role, too.</summary>
    private static string? RoleIn(JsonObject claims, string? name) =>
        name is not null && claims[name] is JsonValue value && value.TryGetValue<string>(out var role) ? role : null;

    private static bool IsWithin(JsonProperty claim, Caller caller, JsonObject own) => claim.Name switch
    {
        "scope" or "scp" => ToScopes(claim.Value) is { } scopes && scopes.All(scope => Covers(caller.Scopes, scope)),
        "roles" or "role" => ToTexts(claim.Value) is { } roles && roles.All(caller.Roles.Contains),
        _ => own.TryGetPropertyValue(claim.Name, out var value) && JsonNode.DeepEquals(value, JsonNode.Parse(claim.Value.GetRawText())),
    };

    /// <summary><c>batch:write</c> covers <c>batch:write:customer</c>.</summary>
    private static bool Covers(IReadOnlySet<string> scopes, string scope) =>
        scopes.Contains(scope) || (scope.Split(':') is [var domain, var action, _] && scopes.Contains($"{domain}:{action}"));

    /// <summary>What all the spellings given have in common; null when none is.</summary>
    private static HashSet<string>? Words(JsonElement claims, IEnumerable<string> names, Func<JsonElement, IReadOnlyList<string>?> toWords)
    {
        HashSet<string>? common = null;
        foreach (var name in names)
        {
            if (!claims.TryGetProperty(name, out var value) || toWords(value) is not { } words)
                continue;
            common ??= words.ToHashSet(StringComparer.Ordinal);
            common.IntersectWith(words);
        }
        return common;
    }

    private static void Rewrite(JsonObject own, IEnumerable<string> names, HashSet<string>? words)
    {
        if (words is null)
            return;
        foreach (var name in names.Where(own.ContainsKey))
            own[name] = own[name] is JsonArray
                ? new JsonArray([.. words.Select(word => (JsonNode)word)])
                : JsonValue.Create(string.Join(' ', words));
    }

    /// <summary>Scopes have no blanks in them, roles may: <see cref="ToTexts"/>.</summary>
    private static IReadOnlyList<string>? ToScopes(JsonElement value) =>
        ToTexts(value) is { } texts ? [.. texts.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))] : null;

    /// <summary>A string or an array of strings.</summary>
    private static IReadOnlyList<string>? ToTexts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(item => item.GetString()!)],
        _ => null,
    };
}
