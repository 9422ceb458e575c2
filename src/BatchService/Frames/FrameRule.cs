using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>What a value in a frame must be, and how it is kept once it is that.</summary>
internal abstract record FrameRule
{
    /// <summary>Adds what is wrong with the value.</summary>
    public abstract void Check(JsonElement value, FramePlace place, FrameFindings findings);

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
}

/// <summary>Any number.</summary>
internal sealed record NumberRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind != JsonValueKind.Number)
            findings.InvalidType(place, "Must be a number");
    }
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
}

/// <summary>True or false.</summary>
internal sealed record FlagRule : FrameRule
{
    public override void Check(JsonElement value, FramePlace place, FrameFindings findings)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            findings.InvalidType(place, "Must be true or false");
    }
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
}
