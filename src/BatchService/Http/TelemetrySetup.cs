using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace BatchService.Http;

/// <summary>
/// <c>/metrics</c> for Prometheus, and, where a collector is configured, traces and metrics by OTLP. Neither carries what a client wrote: no
/// paths, no query strings, no statements with values.
/// </summary>
internal static class TelemetrySetup
{
    private const string StandardVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<MetricsOptions>().BindConfiguration(MetricsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<OpenTelemetryOptions>().BindConfiguration(OpenTelemetryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PrometheusText>();
        builder.Services.AddSingleton<Exporters>();
    }

    /// <summary>Listens from now on: what happened before is not counted.</summary>
    public static void UseTelemetry(this WebApplication app)
    {
        app.Services.GetRequiredService<PrometheusText>();
        app.Services.GetRequiredService<Exporters>();
    }

    /// <summary>What is sent to a collector; nothing is made where there is none.</summary>
    private sealed class Exporters : IDisposable
    {
        private readonly IDisposable? _traces;
        private readonly IDisposable? _metrics;

        public Exporters(IOptions<OpenTelemetryOptions> options, IConfiguration configuration)
        {
            var endpoint = options.Value.Endpoint;
            if (endpoint is null && string.IsNullOrEmpty(configuration[StandardVariable]))
                return;
            var resource = ResourceBuilder.CreateDefault().AddService("batchservice");
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Microsoft.AspNetCore", "Npgsql")
                .AddProcessor(new PathRemover())
                .AddOtlpExporter(exporter => exporter.Endpoint = endpoint ?? exporter.Endpoint)
                .Build();
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime", "BatchService.*")
                .AddOtlpExporter(exporter => exporter.Endpoint = endpoint ?? exporter.Endpoint)
                .Build();
        }

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }

    /// <summary>Takes out of spans what carries values: the address, the query, the text and the parameters of a statement.</summary>
    private sealed class PathRemover : BaseProcessor<System.Diagnostics.Activity>
    {
        private static readonly string[] s_tags = ["url.path", "url.query", "url.full", "http.target", "http.url", "db.statement", "db.query.text"];

        public override void OnEnd(System.Diagnostics.Activity data)
        {
            foreach (var tag in s_tags)
                data.SetTag(tag, null);
        }
    }
}
