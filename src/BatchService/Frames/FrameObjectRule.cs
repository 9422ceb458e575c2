using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.Frames;

/// <summary>A field of an object in a frame.</summary>
internal sealed record FrameField(string Name, FrameRule Rule, bool Required = false);

/// <summary>
/// An object with known fields. A missing required field and a null are errors; unknown fields are warnings, and are dropped when the
/// object is written.
/// </summary>
/// <param name="MaxSize">UTF-16 units of the object as JSON text, unknown fields included; null: no limit of its own.</param>
internal sealed record FrameObjectRule(IReadOnlyList<FrameField> Fields, int? MaxSize = null) : FrameRule
{
    private readonly HashSet<string> _names = Fields.Select(field => field.Name).ToHashSet(StringComparer.Ordinal);

    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            findings.InvalidType(place, place == FramePlace.Root ? "A frame must be a JSON object" : "Must be an object");
            return;
        }
        if (JsonTextLength.Exceeds(value, MaxSize))
            findings.TooBig(place, $"Must not be longer than {MaxSize} characters as JSON text");
        foreach (var field in Fields)
        {
            if (value.TryGetProperty(field.Name, out var given))
                field.Rule.Check(given, place.Field(field.Name), findings);
            else if (field.Required)
                findings.InvalidType(place.Field(field.Name), $"Missing required field '{field.Name}'");
        }
        foreach (var unknown in value.EnumerateObject().Where(member => !_names.Contains(member.Name)))
            findings.Unknown(place.Field(unknown.Name), unknown.Name);
    }

    public override JsonObject ToSchema(bool isPatch)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var required = Fields.Where(field => field.Required && !isPatch).Select(field => (JsonNode)field.Name).ToArray();
        if (required.Length > 0)
            schema["required"] = new JsonArray(required);
        var properties = new JsonObject();
        foreach (var field in Fields)
        {
            var property = field.Rule.ToSchema(isPatch);
            if (isPatch && !field.Required)
                property["nullable"] = true;
            properties[field.Name] = property;
        }
        schema["properties"] = properties;
        schema["additionalProperties"] = new JsonObject();
        return schema;
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value)
    {
        writer.WriteStartObject();
        foreach (var field in Fields)
        {
            if (!value.TryGetProperty(field.Name, out var given))
                continue;
            writer.WritePropertyName(field.Name);
            field.Rule.Write(writer, given);
        }
        writer.WriteEndObject();
    }
}

/// <summary>An object of numbers whose names are the client's own.</summary>
internal sealed record FrameNumbersRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            findings.InvalidType(place, "Must be an object");
            return;
        }
        var number = new NumberRule();
        foreach (var member in value.EnumerateObject())
            number.Check(member.Value, place.Field(member.Name), findings);
    }

    public override JsonObject ToSchema(bool isPatch) =>
        new() { ["type"] = "object", ["additionalProperties"] = new NumberRule().ToSchema(isPatch) };
}
