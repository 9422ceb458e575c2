using System.Globalization;
using System.Text.Json;

namespace BatchService.Batching;

/// <summary>
/// Reads the fields of a JSON object strictly, and collects everything that is wrong with it: missing fields, wrong types, and, at the
/// end, fields that nobody asked for. Null counts as absent. The JSON has passed the scanner, so its texts are well-formed.
/// </summary>
internal sealed class FieldReader
{
    private readonly JsonElement _object;
    private readonly string _pointer;
    private readonly List<Error> _errors;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Begins to read an object; anything else is an error.</summary>
    /// <param name="value">The object.</param>
    /// <param name="pointer">Its place in the request; "" for the body itself.</param>
    /// <param name="errors">Receives what is wrong.</param>
    public FieldReader(JsonElement value, string pointer, List<Error> errors)
    {
        _object = value;
        _pointer = pointer;
        _errors = errors;
        if (value.ValueKind != JsonValueKind.Object)
            errors.Add(new Error(ErrorCodes.FieldInvalid, pointer.Length == 0 ? "The body must be a JSON object" : "The value must be a JSON object", pointer));
    }

    /// <summary>The place of a field in the request.</summary>
    public string PlaceOf(string name) => JsonPointer.Append(_pointer, name);

    /// <summary>The value as it is; undefined when absent or null.</summary>
    public JsonElement Raw(string name)
    {
        _known.Add(name);
        return _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : default;
    }

    /// <summary>True when the object has the field, be it null.</summary>
    public bool Has(string name) => _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out _);

    /// <summary>Reports that a field must be there. Of what is no object that has been said.</summary>
    public void Missing(string name)
    {
        if (_object.ValueKind == JsonValueKind.Object)
            _errors.Add(new Error(ErrorCodes.FieldMissing, $"The field '{name}' is missing", PlaceOf(name)));
    }

    /// <summary>Reports that a field has a value that it cannot have.</summary>
    /// <param name="expectation">What it must be: "must be a string".</param>
    public void Invalid(string name, string expectation) =>
        _errors.Add(new Error(ErrorCodes.FieldInvalid, $"The field '{name}' {expectation}", PlaceOf(name)));

    /// <summary>A string of 1 to <paramref name="maxLength"/> UTF-16 units; null when absent or refused.</summary>
    public string? Text(string name, bool required, int maxLength, bool mayBeEmpty = false)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is null)
            Invalid(name, "must be a string");
        else if (text.Length == 0 && !mayBeEmpty)
            Invalid(name, "must not be empty");
        else if (text.Length > maxLength)
            Invalid(name, $"must not be longer than {maxLength} characters");
        else
            return text;
        return null;
    }

    /// <summary>One of some words, compared exactly.</summary>
    public string? Choice(string name, bool required, params IReadOnlyList<string> words)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.String && words.Contains(value.GetString(), StringComparer.Ordinal))
            return value.GetString();
        Invalid(name, $"must be one of: {string.Join(", ", words)}");
        return null;
    }

    /// <summary>An integer within bounds, written without fraction or exponent.</summary>
    public long? Integer(string name, bool required, long min, long max)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max)
            return number;
        Invalid(name, $"must be an integer from {min} to {max}");
        return null;
    }

    /// <summary>A number within bounds.</summary>
    public double? Number(string name, bool required, double min, double max)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max)
            return number;
        Invalid(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));
        return null;
    }

    /// <summary>True or false; null when absent or refused.</summary>
    public bool? Flag(string name)
    {
        var value = Raw(name);
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        if (value.ValueKind != JsonValueKind.Undefined)
            Invalid(name, "must be true or false");
        return null;
    }

    /// <summary>A UUID in its usual form.</summary>
    public Guid? Id(string name, bool required = false)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.String && Guid.TryParseExact(value.GetString(), "D", out var id))
            return id;
        Invalid(name, "must be a UUID");
        return null;
    }

    /// <summary>A time that <see cref="Rfc3339"/> reads.</summary>
    public DateTimeOffset? Time(string name, bool required = false)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.String && Rfc3339.TryParse(value.GetString()!, out var time))
            return time;
        Invalid(name, $"must be {Rfc3339.Wanted}");
        return null;
    }

    /// <summary>A list of strings; null when absent or refused.</summary>
    public IReadOnlyList<string>? Texts(string name, bool required, int maxItems, int maxLength)
    {
        var value = Raw(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
                Missing(name);
            return null;
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            Invalid(name, "must be an array of strings");
            return null;
        }
        if (value.GetArrayLength() > maxItems)
        {
            Invalid(name, $"must not have more than {maxItems} elements");
            return null;
        }
        var texts = new List<string>(value.GetArrayLength());
        foreach (var element in value.EnumerateArray())
        {
            var text = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
            if (text is not { Length: > 0 } || text.Length > maxLength)
                _errors.Add(new Error(ErrorCodes.FieldInvalid, $"An element of '{name}' must be a string of 1 to {maxLength} characters", JsonPointer.Append(PlaceOf(name), texts.Count)));
            texts.Add(text ?? "");
        }
        return texts;
    }

    /// <summary>Reports every field that was not read. To be called last.</summary>
    public void RefuseOthers()
    {
        if (_object.ValueKind != JsonValueKind.Object)
            return;
        foreach (var field in _object.EnumerateObject().Where(field => !_known.Contains(field.Name)))
            _errors.Add(new Error(ErrorCodes.FieldUnknown, $"Unknown field '{field.Name}'", PlaceOf(field.Name)));
    }
}
