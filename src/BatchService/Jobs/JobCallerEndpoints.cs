using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Jobs;

/// <summary>
/// The seed's query parameter <c>user_id</c>: without authentication it names the caller, with a token it must be the token's subject.
/// </summary>
internal static class JobCallerEndpoints
{
    public const string UserId = "user_id";

    private const int MaxLength = 255;

    public static TBuilder WithUserId<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
            .WithQueryParameter(UserId, "", "The caller, where there is no authentication")
            .AddEndpointFilter(async (invocation, next) =>
            {
                var context = invocation.HttpContext;
                if (context.Request.Query[UserId] is not { Count: > 0 } given)
                    return await next(invocation);
                var userId = given.ToString();
                var caller = context.GetCaller();
                if (userId.Length is 0 or > MaxLength || userId.Any(char.IsControl))
                    return Problem.Of(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{UserId}' must have 1 to {MaxLength} characters"));
                if (context.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value.Mode == AuthMode.None)
                    Set(context, Named(caller, userId));
                else if (userId != caller.Subject)
                    return Problem.Of(new Error(ErrorCodes.PermissionDenied, $"The query parameter '{UserId}' is not the caller"));
                return await next(invocation);
            });

    /// <summary>As if a token had named it: in the claims, too.</summary>
    private static Caller Named(Caller caller, string userId)
    {
        var claims = JsonNode.Parse(caller.ClaimsJson)!.AsObject();
        claims["sub"] = userId;
        return caller with { Subject = userId, ClaimsJson = claims.ToJsonString() };
    }

    private static void Set(HttpContext context, Caller caller)
    {
        context.Features.Set(caller);
        AuditEntry.Current?.Caller = caller;
    }
}
