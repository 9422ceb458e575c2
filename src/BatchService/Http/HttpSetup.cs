using BatchService.Batching;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>Puts the edge together: what every endpoint can rely on, and the service's own endpoints about itself.</summary>
internal static partial class HttpSetup
{
    /// <summary>How long requests may go on after the signal to stop.</summary>
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(20);

    public static void AddHttpKit(this WebApplicationBuilder builder)
    {
        builder.AddLogs();
        builder.AddServerLimits();
        builder.AddCorsOrigins();
        builder.AddTelemetry();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = s_drain);
        builder.Services.AddOptions<BatchOptions>().BindConfiguration(BatchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsCheck>();
        builder.Services.AddSingleton<TokenAuthentication>();
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton(provider => provider.GetRequiredService<RateLimits>().ToShownLimits());

        // An exception instead of an empty 400: only it can say which parameter is wrong.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddSingleton<WriteCall>();
        builder.Services.AddSingleton<ItemBatchCall>();
        builder.Services.AddOpenApi();
    }

    /// <summary>The middleware, outermost first, and the kit's endpoints. To be called before other endpoints are mapped.</summary>
    public static void UseHttpKit(this WebApplication app)
    {
        app.UseHead();
        app.UseRouting();
        app.UseMiddleware<RequestLog>();
        app.UseSecurityHeaders();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRequestLimit();
        app.UseCorsOrigins();
        app.UseAddressLimit();
        app.UseCaller();
        app.UseCallerLimit();
        app.UseNegotiation();
        app.UseOpenApi();
        app.MapHealth();
        app.MapMetrics();
        app.MapErrors();
    }

    /// <summary>Runs until shutdown; 0, or 1 with a line in the log when the service must not start as it is configured.</summary>
    public static async Task<int> RunCheckedAsync(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HttpSetup));
        if (StartCheck.Refusal(app) is { } refusal)
        {
            LogRefusal(logger, refusal);
            await app.DisposeAsync();
            return 1;
        }

        app.UseTelemetry();
        if (app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.Mode == AuthMode.None)
        {
            LogNoAuthentication(logger, CallerIdentity.Development.Subject);
        }

        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            LogRefusal(logger, exception.Message);
            return 1;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The service does not start: {Reason}")]
    private static partial void LogRefusal(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Auth:Mode is None: every caller is '{Subject}' with all scopes")]
    private static partial void LogNoAuthentication(ILogger logger, string subject);
}
