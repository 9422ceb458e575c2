using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>Makes the <see cref="Caller"/> of a request, in one place: the edge. Endpoints read it with <see cref="GetCaller"/>.</summary>
internal static class CallerIdentity
{
    private const string Scheme = "Bearer ";

    private static readonly Error s_unauthenticated = new(ErrorCodes.Unauthenticated, "The request needs a valid bearer token.");

    private static readonly string[] s_domains = ["attestations", "frames", "notebooks", "jobs", "devices", "proofs"];

    /// <summary>Everyone, under <see cref="AuthMode.None"/>: all scopes, no roles.</summary>
    public static readonly Caller Development = MakeDevelopment();

    /// <summary>The caller of a request that has passed <see cref="UseCaller"/>; endpoints that are open to all have none under Jwt.</summary>
    public static Caller GetCaller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has not passed the caller middleware.");

    /// <summary>
    /// Lets a request for an endpoint through only with an identity, unless the endpoint is open to all. What is no endpoint (the
    /// Swagger UI, an address that does not exist) needs none.
    /// </summary>
    public static void UseCaller(this WebApplication app)
    {
        // Read when the first request comes: by then settings that cannot be used have failed the start, with a text.
        var mode = new Lazy<AuthMode>(() => app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.Mode);
        var tokens = new Lazy<TokenAuthentication>(app.Services.GetRequiredService<TokenAuthentication>);
        app.Use(async (context, next) =>
        {
            if (mode.Value == AuthMode.None)
            {
                context.Features.Set(Development);
            }
            else if (context.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<OpenEndpoint>() is null)
            {
                if (await AuthenticateAsync(context, tokens.Value) is not { } caller)
                {
                    await Problem.WriteAsync(context, [s_unauthenticated], context.RequestAborted);
                    return;
                }

                context.Features.Set(caller);
            }

            await next(context);
        });
    }

    private static async Task<Caller?> AuthenticateAsync(HttpContext context, TokenAuthentication tokens)
    {
        // Two headers are no better than none: which of them counts would be anyone's guess.
        if (context.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var token = header[Scheme.Length..].Trim();
        return token.Length == 0 ? null : await tokens.AuthenticateAsync(token, context.RequestAborted);
    }

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
