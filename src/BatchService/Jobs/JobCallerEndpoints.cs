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
                    context.Features.Set(caller with { Subject = userId });
                else if (userId != caller.Subject)
                    return Problem.Of(new Error(ErrorCodes.PermissionDenied, $"The query parameter '{UserId}' is not the caller"));
                return await next(invocation);
            });
}
