using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace BatchService.Http;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and the Swagger UI at <c>/swagger</c>.</summary>
internal static class OpenApiSetup
{
    public static void AddOpenApi(this IServiceCollection services) => services
        .AddSingleton<SchemaComponents>()
        .AddEndpointsApiExplorer()
        .AddSwaggerGen(options =>
        {
            options.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "BatchService",
                Version = "v1",
                Description = "Many writes in one call: exact, all-or-nothing or best effort, with a result for every item.",
            });
            options.OperationFilter<OpenApiOperations>();
            options.DocumentFilter<ProblemSchemas>();
            options.DocumentFilter<ComponentSchemas>();
            options.DocumentFilter<OpenApiSecurity>();
        });

    public static void UseOpenApi(this WebApplication app)
    {
        app.UseSwagger(options => options.RouteTemplate = "openapi/{documentName}.json");
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "swagger";
            options.SwaggerEndpoint("/openapi/v1.json", "BatchService v1");
            options.DocumentTitle = "BatchService";
            options.ConfigObject.TryItOutEnabled = true;
        });
    }

    /// <summary>Adds the schema that all problem responses refer to.</summary>
    private sealed class ProblemSchemas : IDocumentFilter
    {
        public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
        {
            swaggerDoc.Components ??= new OpenApiComponents();
            swaggerDoc.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
            swaggerDoc.Components.Schemas[OpenApiOperations.ProblemSchema] = Object(
                ("type", JsonSchemaType.String), ("title", JsonSchemaType.String), ("status", JsonSchemaType.Integer),
                ("detail", JsonSchemaType.String), ("code", JsonSchemaType.String), ("error", JsonSchemaType.String),
                ("retryable", JsonSchemaType.Boolean), ("traceId", JsonSchemaType.String));
            ((OpenApiSchema)swaggerDoc.Components.Schemas[OpenApiOperations.ProblemSchema]).Properties!["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = Object(
                    ("index", JsonSchemaType.Integer), ("id", JsonSchemaType.String), ("pointer", JsonSchemaType.String),
                    ("code", JsonSchemaType.String), ("detail", JsonSchemaType.String), ("constraint", JsonSchemaType.String)),
            };
        }

        private static OpenApiSchema Object(params (string Name, JsonSchemaType Type)[] members) => new()
        {
            Type = JsonSchemaType.Object,
            Properties = members.ToDictionary(
                member => member.Name, member => (IOpenApiSchema)new OpenApiSchema { Type = member.Type }, StringComparer.Ordinal),
        };
    }
}
