namespace BatchService.Http;

/// <summary>Where traces and metrics are sent. Section <c>OpenTelemetry</c>; the standard variables (OTEL_*) are read as well.</summary>
internal sealed class OpenTelemetryOptions
{
    public const string Section = "OpenTelemetry";

    /// <summary>The address of an OTLP collector (gRPC), such as <c>http://127.0.0.1:4317</c>; null: OTEL_EXPORTER_OTLP_ENDPOINT, or nothing is sent.</summary>
    public Uri? Endpoint { get; set; }
}
