using System.Net;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>
/// Charges each call to who makes it. Without an identity that is the address: of everyone under <see cref="AuthMode.None"/>, of what is
/// open to all, and of those who come with no valid token; an address whose bucket such calls have emptied is not asked for a token any more.
/// </summary>
internal static class RateLimitMiddleware
{
    /// <summary>Before the caller is known.</summary>
    public static void UseAddressLimit(this WebApplication app)
    {
        var limits = new Lazy<RateLimits>(app.Services.GetRequiredService<RateLimits>);
        app.Use(async (context, next) =>
        {
            if (limits.Value.PerSecond == 0 || context.GetEndpoint() is null || IsProbe(context))
            {
                await next(context);
                return;
            }

            var address = AddressOf(context);
            if (limits.Value.Left(address) < 1)
            {
                await RefuseAsync(context, OperationCharge.Begin(context, limits.Value, address) ?? RateLimits.Refusal);
                return;
            }

            await next(context);
            if (context.Response.StatusCode == StatusCodes.Status401Unauthorized)
                limits.Value.Take(address, 1);
        });
    }

    /// <summary>After the caller is known.</summary>
    public static void UseCallerLimit(this WebApplication app)
    {
        var limits = new Lazy<RateLimits>(app.Services.GetRequiredService<RateLimits>);
        var mode = new Lazy<AuthMode>(() => app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.Mode);
        app.Use(async (context, next) =>
        {
            if (limits.Value.PerSecond > 0 && context.GetEndpoint() is not null && !IsProbe(context))
            {
                var who = mode.Value == AuthMode.Jwt && context.Features.Get<Caller>() is { } caller ? $"sub {caller.Subject}" : AddressOf(context);
                if (OperationCharge.Begin(context, limits.Value, who) is { } refusal)
                {
                    await RefuseAsync(context, refusal);
                    return;
                }
            }

            await next(context);
        });
    }

    /// <summary>Whoever watches over the service must always be answered.</summary>
    internal static bool IsProbe(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: "/healthz" or "/readyz" or "/metrics" };

    private static Task RefuseAsync(HttpContext context, Error refusal) => Problem.WriteAsync(context, [refusal], context.RequestAborted);

    private static string AddressOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        // Who has one address of IPv6 has the 2^64 beside it, too.
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? $"net {Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))}"
            : $"ip {address}";
    }
}
