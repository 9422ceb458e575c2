using Microsoft.Extensions.Options;

namespace BatchService.Entities;

/// <summary>The section <c>Entities</c>: which schemas are read, and settings by entity. A key that nobody reads fails the start.</summary>
internal sealed class EntitiesOptions
{
    public const string Section = "Entities";

    private const string ConcurrencyKey = "ConcurrencyColumn";

    private const string PermissionsKey = "Permissions";

    private static readonly string[] EntityKeys = [ConcurrencyKey, PermissionsKey];

    /// <summary>In this order; tables of the first are named without their schema.</summary>
    public IReadOnlyList<string> Schemas { get; set; } = ["public"];

    /// <summary>Entity name to the column that carries its version (<c>Entities:&lt;name&gt;:ConcurrencyColumn</c>).</summary>
    public IReadOnlyDictionary<string, string> ConcurrencyColumns { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What is granted to whom (<c>Entities:&lt;name&gt;:Permissions</c>); an entity without is open to whoever has the scope.</summary>
    public EntityRules Rules { get; set; } = EntityRules.None;

    /// <summary>By hand: entity names are free keys, and the binder would add to the default schemas instead of replacing them.</summary>
    public void Read(IConfigurationSection section)
    {
        var children = section.GetChildren().ToList();
        if (children.Find(child => IsReservedKey(child.Key)) is { } schemas)
        {
            Schemas = ReadSchemas(schemas);
        }

        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        var permissions = new Dictionary<string, EntityPermissions>(StringComparer.Ordinal);
        foreach (var entity in children.Where(child => !IsReservedKey(child.Key)))
        {
            if (entity.GetChildren().FirstOrDefault(setting => !IsEntityKey(setting.Key)) is { } unknown)
            {
                throw Invalid($"Unknown setting '{unknown.Path}'. An entity takes {string.Join(" and ", EntityKeys)}.");
            }

            if (entity.Value is { Length: > 0 })
            {
                throw Invalid($"Unknown setting '{entity.Path}'. '{Section}' takes {nameof(Schemas)} and sections named by entity.");
            }

            if (entity[ConcurrencyKey] is { Length: > 0 } column)
            {
                columns[entity.Key] = column;
            }

            // An empty section closes the entity to everyone.
            if (entity.GetChildren().FirstOrDefault(setting => setting.Key.Equals(PermissionsKey, StringComparison.OrdinalIgnoreCase)) is { } granted)
            {
                permissions[entity.Key] = ReadPermissions(granted);
            }
        }

        ConcurrencyColumns = columns;
        Rules = new EntityRules(permissions);
    }

    private static EntityPermissions ReadPermissions(IConfigurationSection section)
    {
        try
        {
            return section.Value is { Length: > 0 }
                ? throw new FormatException($"'{section.Path}' takes sections named by role.")
                : EntityPermissionsReader.Read(section);
        }
        catch (FormatException exception)
        {
            throw Invalid(exception.Message);
        }
    }

    /// <summary>A list, or one value with commas as environment variables and the command line write it.</summary>
    private static List<string> ReadSchemas(IConfigurationSection section)
    {
        var listed = section.Value is { } one
            ? one.Split(',', StringSplitOptions.TrimEntries)
            : section.GetChildren().Select(child => child.Value ?? "");
        var schemas = listed.Distinct(StringComparer.Ordinal).ToList();
        if (schemas.Count == 0 || schemas.Exists(string.IsNullOrEmpty))
        {
            throw Invalid($"'{section.Path}' must name at least one schema, and no empty one.");
        }

        if (schemas.Find(IsSystemSchema) is { } system)
        {
            throw Invalid($"'{section.Path}' names '{system}': the schemas of the service and of PostgreSQL itself are never entities.");
        }

        return schemas;
    }

    private static bool IsSystemSchema(string schema) =>
        schema is "batch" or "information_schema" || schema.StartsWith("pg_", StringComparison.Ordinal);

    private static bool IsReservedKey(string key) => key.Equals(nameof(Schemas), StringComparison.OrdinalIgnoreCase);

    private static bool IsEntityKey(string key) => EntityKeys.Contains(key, StringComparer.OrdinalIgnoreCase);

    private static OptionsValidationException Invalid(string message) => new(Section, typeof(EntitiesOptions), [message]);
}
