namespace BatchService.Devices;

/// <summary>Times that PostgreSQL writes as the service does: RFC 3339 in UTC, without zeros at the end.</summary>
internal static class SqlTime
{
    public static string Text(string column) =>
        $"""(rtrim(rtrim(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z')""";
}
