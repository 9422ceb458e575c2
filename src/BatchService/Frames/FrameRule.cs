using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>What a value in a frame must be, and how it is kept once it is that.</summary>
internal abstract record FrameRule
{
    /// <summary>Adds what is wrong with the value.</summary>
    public abstract void Check(JsonElement value, FramePlace place, FrameFindings findings);

    /// <summary>The same as a schema of the OpenAPI document.</summary>
    /// <param name="isPatch">Of what a merge patch may hold: nothing is required, and null removes a field.</param>
    public abstract JsonObject ToSchema(bool isPatch);

    /// <summary>Writes a value that passed; as it came, unless the rule drops something.</summary>
    public virtual void Write(Utf8JsonWriter writer, JsonElement value) => value.WriteTo(writer);
}

/// <summary>A string, limited in UTF-16 units.</summary>
internal sealed record TextRule(int MaxLength, bool MayBeEmpty = true) : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            findings.InvalidType(place, "Must be a string");
            return;
        }
        var length = value.GetString()!.Length;
        if (length > MaxLength)
            findings.TooBig(place, $"Must not be longer than {MaxLength} characters");
        if (length == 0 && !MayBeEmpty)
            findings.InvalidValue(place, "Must not be empty");
    }

    public override JsonObject ToSchema(bool isPatch) => new()
    {
        ["type"] = "string",
        ["minLength"] = MayBeEmpty ? 0 : 1,
        ["maxLength"] = MaxLength,
    };
}

/// <summary>A string that can be a segment of an address. Routing does not tell capitals from small letters.</summary>
/// <param name="Taken">Addresses that mean something else.</param>
internal sealed record SegmentRule(int MaxLength, params string[] Taken) : FrameRule
{
    private readonly TextRule _text = new(MaxLength, MayBeEmpty: false);

    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        _text.Check(value, place, findings);
        if (value.ValueKind == JsonValueKind.String && Taken.Contains(value.GetString(), StringComparer.OrdinalIgnoreCase))
            findings.InvalidValue(place, $"Must not be one of: {string.Join(", ", Taken)}");
    }

    public override JsonObject ToSchema(bool isPatch)
    {
        var schema = _text.ToSchema(isPatch);
        schema["description"] = $"None of: {string.Join(", ", Taken)}.";
        return schema;
    }
}

/// <summary>One of some words, compared exactly.</summary>
internal sealed record ChoiceRule(params string[] Words) : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.String)
            findings.InvalidType(place, "Must be a string");
        else if (!Words.Contains(value.GetString(), StringComparer.Ordinal))
            findings.InvalidValue(place, $"Must be one of: {string.Join(", ", Words)}");
    }

    public override JsonObject ToSchema(bool isPatch) => new()
    {
        ["type"] = "string",
        ["enum"] = new JsonArray([.. Words.Select(word => (JsonNode)word)]),
    };
}

/// <summary>A time in RFC 3339 with offset; kept as it was written.</summary>
internal sealed record TimeRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.String)
            findings.InvalidType(place, "Must be a string");
        else if (!Rfc3339.TryParse(value.GetString()!, out _))
            findings.InvalidValue(place, $"Must be {Rfc3339.Wanted}");
    }

    public override JsonObject ToSchema(bool isPatch) => new() { ["type"] = "string", ["format"] = "date-time" };
}

/// <summary>Any number.</summary>
internal sealed record NumberRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Number)
            findings.InvalidType(place, "Must be a number");
    }

    public override JsonObject ToSchema(bool isPatch) => new() { ["type"] = "number" };
}

/// <summary>A whole number from 0 to what every JSON client can hold exactly.</summary>
internal sealed record CountRule : FrameRule
{
    private const double Max = 9_007_199_254_740_991;

    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Number)
            findings.InvalidType(place, "Must be a number");
        else if (value.GetDouble() is var number && (number is < 0 or > Max || !double.IsInteger(number)))
            findings.InvalidValue(place, "Must be a whole number, 0 or more");
    }

    public override JsonObject ToSchema(bool isPatch) => new() { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0, ["maximum"] = (long)Max };
}

/// <summary>True or false.</summary>
internal sealed record FlagRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            findings.InvalidType(place, "Must be true or false");
    }

    public override JsonObject ToSchema(bool isPatch) => new() { ["type"] = "boolean" };
}

/// <summary>A list of strings.</summary>
internal sealed record TextsRule(int MaxItems, int MaxLength) : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            findings.InvalidType(place, "Must be an array of strings");
            return;
        }
        if (value.GetArrayLength() > MaxItems)
        {
            findings.TooBig(place, $"Must not have more than {MaxItems} items");
            return;
        }
        var item = new TextRule(MaxLength);
        var index = 0;
        foreach (var element in value.EnumerateArray())
            item.Check(element, place.Item(index++), findings);
    }

    public override JsonObject ToSchema(bool isPatch) => new()
    {
        ["type"] = "array",
        ["maxItems"] = MaxItems,
        ["items"] = new TextRule(MaxLength).ToSchema(isPatch),
    };
}
