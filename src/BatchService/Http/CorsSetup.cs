namespace BatchService.Http;

/// <summary>Which other sites' pages may call the service. Section <c>Cors</c>.</summary>
internal sealed class CorsOptions
{
    public const string Section = "Cors";

    /// <summary>Origins such as <c>https://app.example.com</c>; none: no page of another site may read an answer.</summary>
    public IReadOnlyList<string> Origins { get; set; } = [];
}

/// <summary>Cross-origin calls, off unless origins are configured. Tokens are sent by the page itself: cookies play no part.</summary>
internal static class CorsSetup
{
    private static readonly string[] s_exposed =
    [
        "Location", "Retry-After", "Batch-Id", "Batch-Succeeded", "Batch-Failed", "Idempotent-Replayed", "Preference-Applied",
        "RateLimit", "RateLimit-Policy", "Server-Timing",
    ];

    public static void AddCorsOrigins(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<CorsOptions>().BindConfiguration(CorsOptions.Section)
            .Validate(options => options.Origins.All(IsOrigin), "Cors:Origins must be origins such as https://app.example.com, without a path.")
            .ValidateOnStart();
        builder.Services.AddCors();
        builder.Services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>()
            .Configure<Microsoft.Extensions.Options.IOptions<CorsOptions>>((cors, options) => cors.AddDefaultPolicy(policy => policy
                .WithOrigins([.. options.Value.Origins])
                .AllowAnyHeader()
                .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
                .WithExposedHeaders(s_exposed)
                .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }

    public static void UseCorsOrigins(this WebApplication app)
    {
        if (app.Configuration.GetSection($"{CorsOptions.Section}:{nameof(CorsOptions.Origins)}").GetChildren().Any())
            app.UseCors();
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text;
}
