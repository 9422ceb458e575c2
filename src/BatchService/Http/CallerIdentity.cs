using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Makes the <see cref="Caller"/> of a request, in one place: the edge. Endpoints read it with <see cref="GetCaller"/>.</summary>
internal static class CallerIdentity
{
    private static readonly string[] s_domains = ["attestations", "frames", "notebooks", "jobs", "devices", "proofs"];

    /// <summary>Everyone, under <see cref="AuthMode.None"/>: all scopes, no roles.</summary>
    public static readonly Caller Development = MakeDevelopment();

    /// <summary>The caller of a request that has passed <see cref="UseCaller"/>.</summary>
    public static Caller GetCaller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has not passed the caller middleware.");

    public static void UseCaller(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Features.Set(Development);
        return next(context);
    });

    private static Caller MakeDevelopment()
    {
        string[] scopes =
        [
            "batch:read", "batch:write", "batch:delete", "batch:admin",
            .. s_domains.SelectMany(domain => new[] { $"{domain}:read", $"{domain}:write", $"{domain}:delete" }),
        ];
        var claims = JsonSerializer.Serialize(new DevelopmentClaims("dev", string.Join(' ', scopes), []), HttpJson.Wire.DevelopmentClaims);
        return new Caller("dev", scopes.ToHashSet(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), claims);
    }
}

/// <summary>The claims of the development identity, in the shape of a token's.</summary>
internal sealed record DevelopmentClaims(string Sub, string Scope, IReadOnlyList<string> Roles);
