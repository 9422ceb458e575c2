using System.Globalization;
using System.Text.RegularExpressions;

namespace BatchService.Batching;

/// <summary>Times on the wire: RFC 3339 with offset, kept and shown as UTC with microseconds, which is what PostgreSQL keeps.</summary>
internal static partial class Rfc3339
{
    /// <summary>Reads a time; false for anything that is not a full date and time with an offset, or lies outside the years 1 to 9999.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length > 40 || !Form().IsMatch(text))
            return false;
        // .NET takes seven digits; PostgreSQL keeps six, and what is stored must be what is answered.
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0)
        {
            var end = dot + 1;
            while (char.IsAsciiDigit(text[end]))
                end++;
            text = text[..Math.Min(end, dot + 7)] + text[end..];
        }
        if (!DateTimeOffset.TryParse(text.ToUpperInvariant(), CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed))
            return false;
        time = parsed.ToUniversalTime();
        return true;
    }

    /// <summary>The time as it is answered.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "Z";

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
