namespace BatchService.Entities;

/// <summary>The one function that quotes identifiers: nothing enters SQL as a name that has not been through it.</summary>
internal static class SqlName
{
    /// <summary>Always in quotes, so that keywords, capitals, blanks and dots mean the name and nothing else.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name with its schema.</summary>
    public static string Quote(string schema, string name) => $"{Quote(schema)}.{Quote(name)}";
}
