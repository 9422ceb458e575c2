using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests.Operating;

/// <summary>A call that the document describes.</summary>
internal sealed record DescribedCall(string Method, string Path, JsonElement Operation)
{
    /// <summary>The example bodies of a media type: name, summary, value.</summary>
    public IEnumerable<(string Name, string Summary, JsonElement Value)> Examples(string mediaType) =>
        Content(mediaType) is { } content && content.TryGetProperty("examples", out var examples)
            ? examples.EnumerateObject().Select(example =>
                (example.Name, example.Value.GetProperty("summary").GetString()!, example.Value.GetProperty("value")))
            : [];

    /// <summary>What is said of the header Prefer; empty where it is not.</summary>
    public string Prefer => Operation.TryGetProperty("parameters", out var parameters)
        ? parameters.EnumerateArray().Where(parameter => parameter.GetProperty("name").ValueEquals("Prefer"))
            .Select(parameter => parameter.GetProperty("description").GetString()!).FirstOrDefault("")
        : "";

    public JsonElement? BodySchema => Content("application/json")?.GetProperty("schema");

    /// <summary>The schema of the JSON answer with a status; null where none is described.</summary>
    public JsonElement? AnswerSchema(int status) =>
        Operation.GetProperty("responses").TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var answer)
        && answer.TryGetProperty("content", out var content)
        && content.TryGetProperty("application/json", out var json)
            ? json.GetProperty("schema")
            : null;

    /// <summary>The address that Swagger UI fills in, but for the values that are given.</summary>
    public string Address(Func<string, string, string?> value)
    {
        var (address, query) = (Path, new List<string>());
        foreach (var parameter in Operation.TryGetProperty("parameters", out var parameters) ? [.. parameters.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            var name = parameter.GetProperty("name").GetString()!;
            var text = value(Path, name) ?? (parameter.TryGetProperty("example", out var example) ? example.GetString() : null);
            if (text is null)
                continue;
            address = address.Replace($"{{{name}}}", Uri.EscapeDataString(text), StringComparison.Ordinal);
            if (parameter.GetProperty("in").GetString() == "query")
                query.Add($"{name}={Uri.EscapeDataString(text)}");
        }
        return query.Count > 0 ? $"{address}?{string.Join('&', query)}" : address;
    }

    private JsonElement? Content(string mediaType) =>
        Operation.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty(mediaType, out var content) ? content : null;
}

/// <summary>The service's OpenAPI document, and as much of JSON Schema as its schemas need.</summary>
internal sealed class OpenApiDocument(JsonElement root)
{
    public static async Task<OpenApiDocument> ReadAsync(HttpClient client) =>
        new(JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json")));

    public JsonElement Root => root;

    public IReadOnlyList<DescribedCall> Calls =>
    [
        .. root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Select(operation => new DescribedCall(operation.Name.ToUpperInvariant(), path.Name, operation.Value))),
    ];

    public JsonElement Component(string name) => root.GetProperty("components").GetProperty("schemas").GetProperty(name);

    public JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? Component(reference.GetString()!.Split('/')[^1])
        : schema;

    /// <summary>Everything in a value that its schema does not allow.</summary>
    /// <param name="isClosed">Members that the schema does not name are faults, unless it allows any.</param>
    public IEnumerable<string> Faults(JsonElement value, JsonElement schema, bool isClosed = false, string at = "")
    {
        schema = Resolve(schema);
        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean())
            return [];
        var own = OwnFaults(value, schema).Select(fault => $"{at}: {fault}");
        var inner = value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => MemberFaults(member, schema, isClosed, $"{at}/{member.Name}")),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) =>
                value.EnumerateArray().SelectMany((item, index) => Faults(item, items, isClosed, $"{at}/{index}")),
            _ => [],
        };
        var any = schema.TryGetProperty("anyOf", out var choices)
            && !choices.EnumerateArray().Any(choice => !Faults(value, choice, isClosed, at).Any())
                ? [$"{at}: none of anyOf"]
                : Array.Empty<string>();
        return [.. own, .. inner, .. any];
    }

    /// <summary>
    /// The body without each member that is required, and with one more in each object that takes no others; with the place of it.
    /// </summary>
    public IEnumerable<(string Pointer, string Body)> Broken(JsonElement body, JsonElement schema)
    {
        foreach (var (pointer, _, described) in Objects(body, schema, ""))
        {
            foreach (var name in Required(described))
                yield return ($"{pointer}/{name}", Changed(body, pointer, at => at.Remove(name)));
            if (IsClosed(described))
                yield return ($"{pointer}/unknown_field", Changed(body, pointer, at => at["unknown_field"] = 1));
        }
    }

    /// <summary>The body with each member that is described where no others are taken, and that it does not have; null, to be taken for absent.</summary>
    public IEnumerable<(string Pointer, string Body)> Filled(JsonElement body, JsonElement schema) =>
        from place in Objects(body, schema, "")
        where IsClosed(place.Schema)
        from property in place.Schema.GetProperty("properties").EnumerateObject()
        where !place.Value.TryGetProperty(property.Name, out _)
        select ($"{place.Pointer}/{property.Name}", Changed(body, place.Pointer, at => at[property.Name] = null));

    private static string Changed(JsonElement body, string pointer, Action<JsonObject> change)
    {
        var changed = JsonNode.Parse(body.GetRawText())!;
        change(pointer.Split('/').Skip(1).Aggregate(changed, (node, step) =>
            node is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)]! : node[step]!).AsObject());
        return changed.ToJsonString();
    }

    /// <summary>Every object in a value that a schema describes.</summary>
    private IEnumerable<(string Pointer, JsonElement Value, JsonElement Schema)> Objects(JsonElement value, JsonElement schema, string at)
    {
        schema = Resolve(schema);
        return value.ValueKind switch
        {
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) =>
                value.EnumerateArray().SelectMany((item, index) => Objects(item, items, $"{at}/{index}")),
            JsonValueKind.Object => value.EnumerateObject()
                .SelectMany(member => PropertyOf(schema, member.Name) is { } property ? Objects(member.Value, property, $"{at}/{member.Name}") : [])
                .Prepend((at, value, schema)),
            _ => [],
        };
    }

    private IEnumerable<string> MemberFaults(JsonProperty member, JsonElement schema, bool isClosed, string at)
    {
        if (PropertyOf(schema, member.Name) is { } property)
            return Faults(member.Value, property, isClosed, at);
        if (schema.TryGetProperty("additionalProperties", out var others))
            return others.ValueKind == JsonValueKind.Object ? Faults(member.Value, others, isClosed, at) : [$"{at}: unknown"];
        return isClosed && schema.TryGetProperty("properties", out _) ? [$"{at}: not described"] : [];
    }

    private static IEnumerable<string> OwnFaults(JsonElement value, JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type) && !IsOf(value, type.GetString()!))
            yield return $"not of type {type}";
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value)))
            yield return "not in enum";
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var name in Required(schema).Where(name => !value.TryGetProperty(name, out _)))
                yield return $"{name} is missing";
        }
        var size = value.ValueKind switch
        {
            JsonValueKind.String => ("minLength", "maxLength", value.GetString()!.Length),
            JsonValueKind.Array => ("minItems", "maxItems", value.GetArrayLength()),
            JsonValueKind.Number => ("minimum", "maximum", value.GetDouble()),
            _ => ("", "", 0d),
        };
        if (schema.TryGetProperty(size.Item1, out var least) && size.Item3 < least.GetDouble())
            yield return $"less than {least}";
        if (schema.TryGetProperty(size.Item2, out var most) && size.Item3 > most.GetDouble())
            yield return $"more than {most}";
        if (value.ValueKind == JsonValueKind.String && !IsWritten(value.GetString()!, schema))
            yield return "not of the pattern or format";
    }

    private static bool IsWritten(string text, JsonElement schema)
    {
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(5)))
            return false;
        return !schema.TryGetProperty("format", out var format) || format.GetString() switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            _ => true,
        };
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => value.ValueKind == JsonValueKind.Number,
    };

    private static IEnumerable<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(name => name.GetString()!) : [];

    private static JsonElement? PropertyOf(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out var property) ? property : null;

    private static bool IsClosed(JsonElement schema) =>
        schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;
}
