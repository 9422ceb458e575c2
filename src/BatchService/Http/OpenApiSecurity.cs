using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace BatchService.Http;

/// <summary>
/// Under <see cref="AuthMode.Jwt"/> the document asks for a bearer token, so that the Swagger UI shows its Authorize button; what is open
/// to all asks for none.
/// </summary>
internal sealed class OpenApiSecurity(IOptions<AuthOptions> auth) : IDocumentFilter
{
    private const string Scheme = "bearer";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        if (auth.Value.Mode != AuthMode.Jwt)
            return;
        swaggerDoc.Components ??= new OpenApiComponents();
        swaggerDoc.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        swaggerDoc.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = Scheme,
            BearerFormat = "JWT",
            Description = "The token itself, without the word Bearer.",
        };
        foreach (var description in context.ApiDescriptions)
        {
            var isOpen = description.ActionDescriptor.EndpointMetadata.OfType<OpenEndpoint>().Any();
            if (isOpen || Find(swaggerDoc, description.RelativePath, description.HttpMethod) is not { } operation)
                continue;
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, swaggerDoc)] = [] }];
        }
    }

    private static OpenApiOperation? Find(OpenApiDocument document, string? path, string? method) =>
        document.Paths.TryGetValue($"/{path?.TrimEnd('/')}", out var item) && method is not null
            && item.Operations is { } operations && operations.TryGetValue(HttpMethod.Parse(method), out var operation)
            ? operation
            : null;
}
