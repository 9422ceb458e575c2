using System.Text.Json;

namespace BatchService.Batching;

/// <summary>Reads <c>options</c>; unknown ones and wrong types are errors.</summary>
internal static class RequestOptionsParser
{
    /// <summary>Reads the object at <paramref name="pointer"/>; absent and null give the defaults.</summary>
    /// <param name="others">Options that the endpoint reads by itself.</param>
    public static RequestOptions Parse(JsonElement options, string pointer, List<Error> errors, params string[] others) =>
        Parse(options, pointer, errors, new RequestOptions(), others);

    /// <summary>Reads the object at <paramref name="pointer"/> over other defaults than those of a call.</summary>
    public static RequestOptions Parse(
        JsonElement options, string pointer, List<Error> errors, RequestOptions defaults, params string[] others)
    {
        var parsed = defaults;
        if (options.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return parsed;
        if (options.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, "'options' must be an object", pointer));
            return parsed;
        }
        foreach (var option in options.EnumerateObject().Where(option => !others.Contains(option.Name, StringComparer.Ordinal)))
        {
            var place = JsonPointer.Append(pointer, option.Name);
            var applied = Apply(parsed, option.Name, option.Value);
            if (applied is null)
                errors.Add(Refuse(option.Name, place));
            parsed = applied ?? parsed;
        }
        return parsed;
    }

    private static RequestOptions? Apply(RequestOptions options, string name, JsonElement value) => (name, value.ValueKind) switch
    {
        ("atomic", JsonValueKind.True or JsonValueKind.False) => options with { Atomic = value.GetBoolean() },
        ("continueOnError", JsonValueKind.True or JsonValueKind.False) => options with { ContinueOnError = value.GetBoolean() },
        ("validateOnly", JsonValueKind.False or JsonValueKind.Null) => options,
        ("validateOnly", JsonValueKind.String) when value.ValueEquals("static") => options with { Validate = Validation.Static },
        ("validateOnly", JsonValueKind.String) when value.ValueEquals("execute") => options with { Validate = Validation.Execute },
        ("return", JsonValueKind.String) when value.ValueEquals("representation") => options with { Representation = true },
        ("return", JsonValueKind.String) when value.ValueEquals("minimal") => options with { Representation = false },
        ("results", JsonValueKind.String) when value.ValueEquals("all") => options with { OnlyFailed = false },
        ("results", JsonValueKind.String) when value.ValueEquals("failed") => options with { OnlyFailed = true },
        _ => null,
    };

    private static Error Refuse(string name, string place) => name switch
    {
        "atomic" or "continueOnError" => new Error(ErrorCodes.FieldInvalid, $"Option '{name}' must be true or false", place),
        "validateOnly" => new Error(ErrorCodes.FieldInvalid, "Option 'validateOnly' must be \"static\", \"execute\" or false", place),
        "return" => new Error(ErrorCodes.FieldInvalid, "Option 'return' must be \"representation\" or \"minimal\"", place),
        "results" => new Error(ErrorCodes.FieldInvalid, "Option 'results' must be \"all\" or \"failed\"", place),
        _ => new Error(ErrorCodes.FieldUnknown, $"Unknown option '{name}'", place),
    };
}
