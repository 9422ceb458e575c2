using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BatchService.Entities;

/// <summary>Checks addresses; whether bits to the right of a cidr's mask are zero is left to the database.</summary>
internal static class NetworkText
{
    private static readonly SearchValues<char> V4Characters = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly SearchValues<char> MacCharacters = SearchValues.Create("0123456789abcdefABCDEF:-.");

    public static CellFault Check(string value, string baseType)
    {
        var fits = baseType is "macaddr" or "macaddr8" ? IsMac(value, baseType == "macaddr8") : IsInternet(value);
        return fits ? CellFault.None : CellFault.WrongType;
    }

    private static bool IsInternet(ReadOnlySpan<char> value)
    {
        var slash = value.IndexOf('/');
        var host = slash < 0 ? value : value[..slash];

        // IPAddress also reads "1", "0x7f.1", "[::1]" and "fe80::1%eth0"; PostgreSQL does not.
        var isNumeric = host.Contains(':')
            ? !host.ContainsAnyExcept(V6Characters)
            : host.Count('.') == 3 && !host.ContainsAnyExcept(V4Characters);
        return isNumeric
            && IPAddress.TryParse(host, out var address)
            && (slash < 0 || IsMask(value[(slash + 1)..], address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
    }

    private static bool IsMask(ReadOnlySpan<char> value, int longest) =>
        value.Length is > 0 and <= 3
        && byte.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits <= longest;

    private static bool IsMac(ReadOnlySpan<char> value, bool isLong)
    {
        if (value.Length > 23 || value.ContainsAnyExcept(MacCharacters))
        {
            return false;
        }

        var digits = value.Length - value.Count(':') - value.Count('-') - value.Count('.');
        return digits == 12 || (isLong && digits == 16);
    }
}
