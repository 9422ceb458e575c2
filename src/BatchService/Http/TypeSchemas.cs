using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace BatchService.Http;

/// <summary>Schemas of answers that a serializer writes, taken from what it knows of their types.</summary>
internal static class TypeSchemas
{
    private static readonly JsonSchemaExporterOptions s_options = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (_, schema) => schema is JsonObject members ? ToOpenApi(members) : schema,
    };

    /// <summary>A JSON object of schemas by the names of the types.</summary>
    public static string Of(params IEnumerable<JsonTypeInfo> types) =>
        new JsonObject(types.Select(type => KeyValuePair.Create(type.Type.Name, (JsonNode?)type.GetJsonSchemaAsNode(s_options)))).ToJsonString();

    /// <summary>OpenAPI 3.0 has one type and says nullable where JSON Schema names the type null, too.</summary>
    private static JsonObject ToOpenApi(JsonObject schema)
    {
        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types.Select(type => type!.GetValue<string>()).First(type => type != "null");
            schema["nullable"] = true;
        }
        return schema;
    }
}
