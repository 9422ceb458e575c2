using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace BatchService.Http;

/// <summary>
/// The schemas of the OpenAPI document. Each domain gives its own where it maps its endpoints, as the text of a JSON object of schemas by
/// name; they refer to each other as <c>#/components/schemas/Name</c>.
/// </summary>
internal sealed class SchemaComponents
{
    private readonly List<Func<IServiceProvider, string>> _sources = [];

    /// <summary>Adds schemas that are made when the document is: limits are settings, which are not to be read before they are checked.</summary>
    public void Add(Func<IServiceProvider, string> source) => _sources.Add(source);

    public IEnumerable<(string Name, string Schema)> All(IServiceProvider services) =>
        from source in _sources
        from schema in JsonNode.Parse(source(services))!.AsObject()
        select (schema.Key, schema.Value!.ToJsonString());
}

/// <summary>Puts the schemas of <see cref="SchemaComponents"/> into the document.</summary>
internal sealed class ComponentSchemas(SchemaComponents components, IServiceProvider services) : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Components ??= new OpenApiComponents();
        swaggerDoc.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (var (name, text) in components.All(services))
            swaggerDoc.Components.Schemas.Add(name, Read(name, text, swaggerDoc));
    }

    private static OpenApiSchema Read(string name, string text, OpenApiDocument document)
    {
        var schema = OpenApiModelFactory.Parse<OpenApiSchema>(
            text, OpenApiSpecVersion.OpenApi3_0, document, out var diagnostic, OpenApiConstants.Json);
        var faults = diagnostic.Errors.Select(error => error.Message);
        return schema is not null && diagnostic.Errors.Count == 0
            ? schema
            : throw new InvalidOperationException($"The schema {name} is wrong: {string.Join("; ", faults)}");
    }
}
