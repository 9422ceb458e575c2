namespace BatchService.Http;

/// <summary><c>GET /metrics</c>: figures of this process for Prometheus.</summary>
internal static class MetricsEndpoints
{
    private const string Scope = "batch:admin";

    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        // What cannot be read as a truth value fails the start, later and with a text.
        var setting = routes.ServiceProvider.GetRequiredService<IConfiguration>()[$"{MetricsOptions.Section}:{nameof(MetricsOptions.Open)}"];
        var isOpen = bool.TryParse(setting, out var open) && open;
        var endpoint = routes.MapGet("/metrics", (HttpContext context, PrometheusText metrics, CancellationToken cancellationToken) =>
            {
                context.Response.ContentType = PrometheusText.MediaType;
                return context.Response.WriteAsync(metrics.Write(), cancellationToken);
            })
            .WithName("GetMetrics")
            .WithTags("Service")
            .WithSummary("Figures of this process in the text format of Prometheus")
            .WithAnswer(StatusCodes.Status200OK, "The figures.", "text/plain")
            .RefuseUnknownQuery();
        if (isOpen)
            endpoint.OpenToAll();
        else
            endpoint.RequireScope(Scope);
    }
}
