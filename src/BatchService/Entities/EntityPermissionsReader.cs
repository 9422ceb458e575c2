using System.Text.RegularExpressions;

namespace BatchService.Entities;

/// <summary>Reads <c>Entities:&lt;name&gt;:Permissions:&lt;role&gt;:Actions|Readable|Writable|RowFilter</c>; a slip fails the start.</summary>
internal static class EntityPermissionsReader
{
    private static readonly string[] s_keys = ["Actions", "Readable", "Writable", "RowFilter"];

    /// <summary>Throws <see cref="FormatException"/> with a text that names the key.</summary>
    public static EntityPermissions Read(IConfigurationSection permissions) =>
        new(permissions.GetChildren().ToDictionary(role => role.Key, ReadGrant, StringComparer.Ordinal));

    private static EntityGrant ReadGrant(IConfigurationSection role)
    {
        if (role.GetChildren().FirstOrDefault(child => !s_keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new FormatException($"Unknown setting '{unknown.Path}'. A role takes {string.Join(", ", s_keys)}.");
        var actions = Values(role.GetSection("Actions")).SelectMany(text => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
        return new EntityGrant(
            actions.Select(name => ReadAction(name, role)).ToHashSet(),
            ReadPattern(role.GetSection("Readable")),
            ReadPattern(role.GetSection("Writable")),
            ReadFilter(role.GetSection("RowFilter")));
    }

    private static EntityAction ReadAction(string name, IConfigurationSection role) => EntityAccess.Parse(name)
        ?? throw new FormatException($"'{role.Path}:Actions' has an unknown action; it takes {string.Join(", ", EntityAccess.ActionNames)}.");

    /// <summary>One expression, or several of which any may match. An empty one matches nothing; an absent one is no limit.</summary>
    private static Regex? ReadPattern(IConfigurationSection section)
    {
        if (!section.Exists() && section.Value is null)
            return null;
        var alternatives = Values(section).Select(pattern => $"(?:{pattern})");
        try
        {
            return new Regex(
                $@"\A(?:{string.Join('|', alternatives)})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"'{section.Path}' is no regular expression (without lookaround and back references).", exception);
        }
    }

    private static string? ReadFilter(IConfigurationSection section) => section.Value is not { Length: > 0 } text
        ? null
        : RowFilter.Compile(text) ?? throw new FormatException(
            $"'{section.Path}' has a placeholder that is not of the form ${{claims.name}} or ${{claims.name.name}}, of letters, digits, _ and -.");

    private static IEnumerable<string> Values(IConfigurationSection section) => section.Value is { } one
        ? [one]
        : section.GetChildren().Select(child => child.Value ?? "");
}
