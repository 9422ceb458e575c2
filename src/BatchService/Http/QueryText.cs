using System.Globalization;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Reads query parameters strictly; what is wrong goes into a list.</summary>
internal static class QueryText
{
    /// <summary>A text of at least one character; null when absent or refused. PostgreSQL cannot keep U+0000.</summary>
    public static string? Read(IQueryCollection query, string name, int maxLength, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        var text = values.ToString();
        if (values.Count == 1 && text.Length > 0 && text.Length <= maxLength && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        errors.Add(Invalid(name, $"must be a text of 1 to {maxLength} characters"));
        return null;
    }

    public static string? ReadChoice(IQueryCollection query, string name, IReadOnlyList<string> words, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (words.Contains(values.ToString(), StringComparer.Ordinal))
            return values.ToString();
        errors.Add(Invalid(name, $"must be one of: {string.Join(", ", words)}"));
        return null;
    }

    public static long? ReadInteger(IQueryCollection query, string name, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        errors.Add(Invalid(name, "must be an integer from 0"));
        return null;
    }

    public static int? ReadInteger(IQueryCollection query, string name, int min, int max, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        errors.Add(Invalid(name, $"must be an integer from {min} to {max}"));
        return null;
    }

    public static DateTimeOffset? ReadTime(IQueryCollection query, string name, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (Rfc3339.TryParse(values.ToString(), out var time))
            return time;
        errors.Add(Invalid(name, $"must be {Rfc3339.Wanted} (a + is sent as %2B)"));
        return null;
    }

    public static double? ReadNumber(IQueryCollection query, string name, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (double.TryParse(values.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return number;
        errors.Add(Invalid(name, "must be a number"));
        return null;
    }

    public static bool? ReadFlag(IQueryCollection query, string name, List<Error> errors)
    {
        switch (ReadChoice(query, name, ["true", "false"], errors))
        {
            case "true":
                return true;
            case "false":
                return false;
            default:
                return null;
        }
    }

    public static Guid? ReadId(IQueryCollection query, string name, List<Error> errors)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        if (Guid.TryParseExact(values.ToString(), "D", out var id))
            return id;
        errors.Add(Invalid(name, "must be a UUID"));
        return null;
    }

    private static Error Invalid(string name, string expectation) =>
        new(ErrorCodes.FieldInvalid, $"The query parameter '{name}' {expectation}");
}
