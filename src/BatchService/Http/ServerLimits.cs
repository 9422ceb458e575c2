using BatchService.Batching;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>Bounds what clients can make the server hold: connections, requests, headers, and the time that slow ones take.</summary>
internal static class ServerLimits
{
    public static void AddServerLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LimitsOptions>().BindConfiguration(LimitsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitsOptions>>((server, options) =>
        {
            var limits = options.Value;
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = limits.MaxConnections;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeadersTimeoutSeconds);
            server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
            server.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
            server.Limits.MaxRequestHeaderCount = limits.MaxHeaders;
            var rate = new MinDataRate(limits.MinBodyBytesPerSecond, TimeSpan.FromSeconds(limits.BodyGraceSeconds));
            server.Limits.MinRequestBodyDataRate = rate;
            server.Limits.MinResponseDataRate = rate;
        });
    }

    /// <summary>Refuses at once what is more than the server takes on: a queue would only make everyone late.</summary>
    public static void UseRequestLimit(this WebApplication app)
    {
        var most = new Lazy<int>(() => app.Services.GetRequiredService<IOptions<LimitsOptions>>().Value.MaxConcurrentRequests);
        var running = 0;
        app.Use(async (context, next) =>
        {
            if (RateLimitMiddleware.IsProbe(context))
            {
                await next(context);
                return;
            }

            try
            {
                if (Interlocked.Increment(ref running) > most.Value)
                    await Problem.WriteAsync(context, [new Error(ErrorCodes.Overloaded, "Too many requests are being served.")], context.RequestAborted);
                else
                    await next(context);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        });
    }
}
