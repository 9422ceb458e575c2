namespace BatchService.Http;

/// <summary>Who may read the figures. Section <c>Metrics</c>.</summary>
internal sealed class MetricsOptions
{
    public const string Section = "Metrics";

    /// <summary>Under Auth:Mode=Jwt: <c>/metrics</c> asks for no token. For a network of which only the scraper is part.</summary>
    public bool Open { get; set; }
}
