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

    /// <summary>The caller as the operation wants it; a refusal is added to <paramref name="requestErrors"/>.</summary>
    public static Caller Narrow(Caller caller, Operation operation, List<Error> requestErrors)
    {
        if (operation.Claims.ValueKind != JsonValueKind.Object)
            return caller;
        var own = JsonNode.Parse(caller.ClaimsJson)!.AsObject();
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
        var scopes = Words(operation.Claims, "scope") ?? Words(operation.Claims, "scp");
        var roles = Words(operation.Claims, "roles") ?? Words(operation.Claims, "role");
        return caller with
        {
            Subject = operation.Claims.TryGetProperty("sub", out var subject) && subject.ValueKind == JsonValueKind.String ? subject.GetString()! : caller.Subject,
            Scopes = scopes?.ToHashSet(StringComparer.Ordinal) ?? caller.Scopes,
            Roles = roles?.ToHashSet(StringComparer.Ordinal) ?? caller.Roles,
            ClaimsJson = own.ToJsonString(),
        };
    }

    private static bool IsWithin(JsonProperty claim, Caller caller, JsonObject own) => claim.Name switch
    {
        "scope" or "scp" => ToWords(claim.Value) is { } scopes && scopes.All(caller.Scopes.Contains),
        "roles" or "role" => ToWords(claim.Value) is { } roles && roles.All(caller.Roles.Contains),
        _ => own.TryGetPropertyValue(claim.Name, out var value) && JsonNode.DeepEquals(value, JsonNode.Parse(claim.Value.GetRawText())),
    };

    private static IReadOnlyList<string>? Words(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) ? ToWords(value) : null;

    /// <summary>A blank-separated string or an array of strings.</summary>
    private static IReadOnlyList<string>? ToWords(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(item => item.GetString()!)],
        _ => null,
    };
}
