using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace BatchService.Http;

/// <summary>
/// Logging by Serilog to standard output: JSON lines, or readable text in Development. The section <c>Serilog</c> can change levels.
/// </summary>
internal static class LogSetup
{
    private const string Readable = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} {TraceId}{NewLine}{Exception}";

    public static void AddLogs(this WebApplicationBuilder builder)
    {
        var configuration = Levels(builder.Configuration);
        configuration = builder.Environment.IsDevelopment()
            ? configuration.WriteTo.Console(outputTemplate: Readable)
            : configuration.WriteTo.Console(new JsonFormatter());
        builder.Logging.ClearProviders().AddSerilog(configuration.CreateLogger(), dispose: true);
    }

    /// <summary>What is logged, not yet where to. The framework's own request lines, with path and query, are below the level.</summary>
    public static LoggerConfiguration Levels(IConfiguration configuration) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
        .MinimumLevel.Override("Npgsql", LogEventLevel.Warning)
        .ReadFrom.Configuration(configuration)
        .Enrich.With<PathRemover>();

    /// <summary>Takes out what the framework's request scope adds: a path carries what the client wrote.</summary>
    private sealed class PathRemover : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
