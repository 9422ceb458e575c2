using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace BatchService.Http;

/// <summary>
/// Completes an operation of the OpenAPI document from the metadata of its endpoint: bodies, examples, headers, problems.
/// </summary>
internal sealed class OpenApiOperations : IOperationFilter
{
    public const string ProblemSchema = "Problem";

    private static readonly string[] s_headers = ["Batch-Succeeded", "Batch-Failed", "Preference-Applied"];

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        operation.Responses ??= [];
        AddPathParameters(operation, context.ApiDescription.RelativePath ?? "");
        var body = Reference(metadata.OfType<BodySchema>().LastOrDefault()?.Name, context.Document);
        AddBody(operation, [.. metadata.OfType<RequestExample>()], body);
        foreach (var example in metadata.OfType<ParameterExample>())
        {
            AddParameterExample(operation, example);
        }

        if (metadata.OfType<IdempotentWrite>().Any())
        {
            operation.Parameters.Add(Header("Idempotency-Key", "Repeating the request with the same key has one effect.", 255));
        }

        if (metadata.OfType<HonouredPreferences>().LastOrDefault() is { } preferences)
        {
            operation.Parameters.Add(Header("Prefer", $"RFC 7240: {string.Join(", ", Preferences.FormsOf(preferences.Set))}.", 4_096));
        }

        AddAnswers(operation, [.. metadata.OfType<SuccessAnswer>()], metadata.OfType<CountedAnswer>().Any());
        foreach (var answer in metadata.OfType<AnswerSchema>())
        {
            AddAnswerSchema(operation, answer, context.Document);
        }

        AddProblem(operation, context.Document);
    }

    /// <summary>Handlers that take the HttpContext do not tell their route values.</summary>
    private static void AddPathParameters(OpenApiOperation operation, string path)
    {
        foreach (var segment in path.Split('/').Where(segment => segment is ['{', .., '}']))
        {
            var name = segment[1..^1].Split(':')[0];
            if (operation.Parameters!.All(parameter => parameter.Name != name))
            {
                operation.Parameters!.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Path,
                    Required = true,
                    Schema = Text(),
                });
            }
        }
    }

    /// <summary>Any object where no schema is named.</summary>
    private static IOpenApiSchema Reference(string? schema, OpenApiDocument document) => schema is null
        ? new OpenApiSchema { Type = JsonSchemaType.Object }
        : new OpenApiSchemaReference(schema, document);

    private static void AddBody(OpenApiOperation operation, IReadOnlyList<RequestExample> examples, IOpenApiSchema schema)
    {
        if (examples.Count == 0)
        {
            return;
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = examples.GroupBy(example => example.MediaType, StringComparer.Ordinal).ToDictionary(
                group => group.Key, group => MediaType(group.Key, [.. group], schema), StringComparer.Ordinal),
        };
    }

    private static OpenApiMediaType MediaType(string mediaType, IReadOnlyList<RequestExample> examples, IOpenApiSchema schema) => new()
    {
        Schema = mediaType == RequestMedia.Json ? schema : Text(),
        Examples = examples.ToDictionary(
            example => example.Name,
            example => (IOpenApiExample)new OpenApiExample
            {
                Summary = example.Summary ?? example.Name,
                Value = mediaType == RequestMedia.Json ? JsonNode.Parse(example.Body) : JsonValue.Create(example.Body),
            },
            StringComparer.Ordinal),
    };

    private static void AddParameterExample(OpenApiOperation operation, ParameterExample example)
    {
        var parameter = operation.Parameters!.OfType<OpenApiParameter>().FirstOrDefault(known => known.Name == example.Name);
        if (parameter is null)
        {
            parameter = new OpenApiParameter
            {
                Name = example.Name,
                In = example.InQuery ? ParameterLocation.Query : ParameterLocation.Path,
                Required = example.Required,
                Schema = Text(),
            };
            operation.Parameters!.Add(parameter);
        }

        parameter.Description = example.Description ?? parameter.Description;
        parameter.Example = example.Value.Length > 0 ? JsonValue.Create(example.Value) : null;
    }

    /// <summary>What the generator supposes of an endpoint that says nothing is put aside.</summary>
    private static void AddAnswers(OpenApiOperation operation, IReadOnlyList<SuccessAnswer> answers, bool isBatch)
    {
        if (answers.Count > 0)
            operation.Responses!.Clear();
        foreach (var answer in answers)
        {
            operation.Responses![answer.Status.ToString()] = new OpenApiResponse
            {
                Description = answer.Description,
                Headers = isBatch ? s_headers.ToDictionary(name => name, _ => (IOpenApiHeader)new OpenApiHeader { Schema = Text() }) : null,
                Content = answer.Status == StatusCodes.Status204NoContent ? null : answer.MediaTypes.ToDictionary(
                    type => type,
                    type => new OpenApiMediaType
                    {
                        Schema = type == RequestMedia.Json ? new OpenApiSchema { Type = JsonSchemaType.Object } : Text(),
                    },
                    StringComparer.Ordinal),
            };
        }
    }

    private static void AddAnswerSchema(OpenApiOperation operation, AnswerSchema answer, OpenApiDocument document)
    {
        foreach (var status in answer.Statuses)
        {
            operation.Responses![status.ToString()].Content![RequestMedia.Json].Schema = Reference(answer.Name, document);
        }
    }

    private static void AddProblem(OpenApiOperation operation, OpenApiDocument document) =>
        operation.Responses!["default"] = new OpenApiResponse
        {
            Description = "A problem (RFC 9457); GET /batch/errors lists the codes.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [Problem.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(ProblemSchema, document) },
            },
        };

    private static OpenApiParameter Header(string name, string description, int maxLength) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = maxLength },
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
