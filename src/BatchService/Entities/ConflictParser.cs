using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Reads <c>on_conflict: {"columns": […], "action": "merge" | "ignore"}</c>; the default is the primary key and merge.</summary>
internal static class ConflictParser
{
    /// <summary>The primary key and merge; an entity without primary key must be told the columns.</summary>
    public static OnConflict? Default(Entity entity, string place, List<Error> errors) => WithKey(entity, null, ConflictAction.Merge, place, errors);

    public static OnConflict? Parse(JsonElement value, Entity entity, string place, List<Error> errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, "'on_conflict' must be an object with columns and action", place));
            return null;
        }
        IReadOnlyList<string>? columns = null;
        var action = ConflictAction.Merge;
        var before = errors.Count;
        foreach (var property in value.EnumerateObject())
        {
            var at = JsonPointer.Append(place, property.Name);
            switch (property.Name)
            {
                case "columns":
                    columns = ReadColumns(property.Value, at, errors);
                    break;
                case "action" when property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals("merge"):
                    break;
                case "action" when property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals("ignore"):
                    action = ConflictAction.Ignore;
                    break;
                case "action":
                    errors.Add(new Error(ErrorCodes.FieldInvalid, "'action' of on_conflict must be \"merge\" or \"ignore\"", at));
                    break;
                default:
                    errors.Add(new Error(ErrorCodes.FieldUnknown, $"Unknown field '{property.Name}' of on_conflict", at));
                    break;
            }
        }
        return errors.Count > before ? null : WithKey(entity, columns, action, place, errors);
    }

    private static IReadOnlyList<string>? ReadColumns(JsonElement value, string place, List<Error> errors)
    {
        if (value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() > 0
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return [.. value.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)];
        }
        errors.Add(new Error(ErrorCodes.FieldInvalid, "'columns' of on_conflict must be an array of column names", place));
        return null;
    }

    private static OnConflict? WithKey(Entity entity, IReadOnlyList<string>? columns, ConflictAction action, string place, List<Error> errors)
    {
        var key = columns ?? (entity.PrimaryKey.All(name => entity.FindReadable(name) is not null) ? entity.PrimaryKey : []);
        if (key.Count == 0)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"Entity '{entity.Name}' has no primary key: on_conflict must name columns", place));
            return null;
        }
        var unknown = key.Where(name => entity.FindReadable(name) is null).ToList();
        foreach (var _ in unknown)
            errors.Add(new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such column", place));
        if (unknown.Count > 0)
            return null;
        var isKey = entity.Kind == EntityKind.View
            || entity.UniqueKeys.Any(unique => !unique.Deferrable
                && unique.Columns.Count == key.Count
                && unique.Columns.All(name => key.Contains(name, StringComparer.Ordinal)));
        if (isKey)
            return new OnConflict(key, action);
        errors.Add(new Error(ErrorCodes.FieldInvalid, "No unique key covers exactly the columns of on_conflict", place));
        return null;
    }
}
