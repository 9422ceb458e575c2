using System.Globalization;
using System.Text.RegularExpressions;

namespace BatchService.Batching;

/// <summary>Times on the wire: RFC 3339 with offset, kept and shown as UTC with microseconds, which is what PostgreSQL keeps.</summary>
internal static partial class Rfc3339
{
    /// <summary>What a time must be, for whoever is told that it is not.</summary>
    public const string Wanted = "a time in RFC 3339 with offset, in UTC within the years 1 to 9999";

    private const int MaxFraction = 6;

    /// <summary>
    /// Reads a time; false for anything that is not a full date and time with an offset, or lies outside the years 1 to 9999 in UTC. By hand,
    /// because .NET knows no offsets beyond 14 hours.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (Form().Match(text) is not { Success: true } parts || !TryReadLocal(parts, out var local) || ReadOffset(parts) is not { } offset)
            return false;
        var ticks = local.Ticks - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
            return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    /// <summary>The time as it is answered.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "Z";

    private static bool TryReadLocal(Match parts, out DateTime local)
    {
        var text = $"{parts.Groups["date"].ValueSpan}T{parts.Groups["clock"].ValueSpan}";
        if (!DateTime.TryParseExact(text, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out local))
            return false;
        var fraction = parts.Groups["fraction"].Value;
        var digits = fraction.Length > MaxFraction ? fraction[..MaxFraction] : fraction.PadRight(MaxFraction, '0');
        local = local.AddTicks(int.Parse(digits, CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond);
        return true;
    }

    /// <summary>How far the local time is ahead of UTC; null when it is none.</summary>
    private static TimeSpan? ReadOffset(Match parts)
    {
        if (!parts.Groups["sign"].Success)
            return TimeSpan.Zero;
        var offset = parts.Groups["offset"].ValueSpan;
        var (hours, minutes) = (int.Parse(offset[..2], CultureInfo.InvariantCulture), int.Parse(offset[3..], CultureInfo.InvariantCulture));
        if (hours > 23 || minutes > 59)
            return null;
        var ahead = new TimeSpan(hours, minutes, 0);
        return parts.Groups["sign"].ValueSpan is "-" ? -ahead : ahead;
    }

    [GeneratedRegex(
        @"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]{1,9}))?([Zz]|(?<sign>[+-])(?<offset>[0-9]{2}:[0-9]{2}))\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
