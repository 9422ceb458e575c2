using System.Text;
using System.Text.Unicode;

namespace BatchService.Http;

/// <summary>
/// Splits one CSV record (RFC 4180) into fields. Our own, because CsvHelper does not tell <c>a,,b</c> from <c>a,"",b</c>: here an
/// unquoted empty field is null and a quoted one the empty string, which is the difference between NULL and '' in the database.
/// </summary>
internal static class CsvRecord
{
    /// <summary>
    /// The fields, or null with what is wrong. <c>Broken</c> says that the quotes are: then later records cannot be trusted.
    /// </summary>
    public static (string?[]? Fields, string? Fault, bool Broken) Split(ReadOnlySpan<byte> record, int expectedFields)
    {
        if (!Utf8.IsValid(record) || record.Contains((byte)0))
        {
            return (null, "has bytes that are not UTF-8 text", false);
        }

        var fields = new List<string?>(expectedFields);
        while (true)
        {
            var length = record is [(byte)'"', ..] ? QuotedLength(record) : UnquotedLength(record);
            if (length < 0)
            {
                return (null, "has a double quote out of place", true);
            }

            fields.Add(Text(record[..length]));
            if (length == record.Length)
            {
                return (fields.ToArray(), null, false);
            }

            record = record[(length + 1)..];
        }
    }

    /// <summary>Up to the next comma; -1 when a quote is in it.</summary>
    private static int UnquotedLength(ReadOnlySpan<byte> rest)
    {
        var comma = rest.IndexOf((byte)',');
        var length = comma < 0 ? rest.Length : comma;
        return rest[..length].Contains((byte)'"') ? -1 : length;
    }

    /// <summary>Up to and with the closing quote; -1 when there is none, or when something other than a comma follows it.</summary>
    private static int QuotedLength(ReadOnlySpan<byte> rest)
    {
        var at = 1;
        while (rest[at..].IndexOf((byte)'"') is >= 0 and var quote)
        {
            at += quote + 1;
            if (at == rest.Length || rest[at] == ',')
            {
                return at;
            }

            if (rest[at] != '"')
            {
                return -1;
            }

            at++;
        }

        return -1;
    }

    private static string? Text(ReadOnlySpan<byte> field) => field switch
    {
        [] => null,
        [(byte)'"', .. var inner, (byte)'"'] when inner.Contains((byte)'"') =>
            Encoding.UTF8.GetString(inner).Replace("\"\"", "\"", StringComparison.Ordinal),
        [(byte)'"', .. var inner, (byte)'"'] => Encoding.UTF8.GetString(inner),
        _ => Encoding.UTF8.GetString(field),
    };
}
