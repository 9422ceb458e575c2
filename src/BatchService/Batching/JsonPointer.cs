namespace BatchService.Batching;

/// <summary>Builds JSON pointers (RFC 6901) from segments.</summary>
internal static class JsonPointer
{
    /// <summary>The pointer <paramref name="parent"/> followed by one more, escaped, segment.</summary>
    public static string Append(string parent, string segment) =>
        $"{parent}/{segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    public static string Append(string parent, int index) => $"{parent}/{index}";
}
