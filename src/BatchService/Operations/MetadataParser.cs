using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Reads <c>metadata_params</c>, with or without the leading <c>__</c> of each name; <see cref="OperationFields"/> has seen to the names.</summary>
internal static class MetadataParser
{
    public static OperationMetadata Parse(
        Operation operation, JsonElement metadata, Entity entity, CatalogView catalog, Func<JsonElement, bool> isDeferred, List<Error> errors)
    {
        var parsed = new OperationMetadata([], null, 0, false, entity.ReadableColumns, [], null, null, false, null, null, null);
        if (metadata.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in metadata.EnumerateObject())
            {
                var place = JsonPointer.Append(operation.PlaceOf("metadata_params"), property.Name);
                if (!isDeferred(property.Value))
                    parsed = Apply(parsed, OperationFields.MetadataName(property.Name), property.Value, entity, catalog, place, errors);
            }
        }
        return operation.Action == EntityAction.Upsert && parsed.OnConflict is null
            ? parsed with { OnConflict = ConflictParser.Default(entity, operation.Place, errors) }
            : parsed;
    }

    private static OperationMetadata Apply(
        OperationMetadata parsed, string name, JsonElement value, Entity entity, CatalogView catalog, string place, List<Error> errors)
    {
        switch (name)
        {
            case "sort":
                return parsed with { Sort = ProjectionParser.ParseSort(value, entity, catalog, place, errors) };
            case "properties":
                var (columns, embeds) = ProjectionParser.ParseProperties(value, entity, catalog, place, errors);
                return parsed with { Columns = columns, Embeds = embeds };
            case "limit":
                return parsed with { Limit = (int?)Number(0, int.MaxValue) };
            case "offset":
                return parsed with { Offset = Number(0, long.MaxValue) ?? 0 };
            case "count":
                return parsed with { CountOnly = Flag() };
            case "on_conflict":
                return parsed with { OnConflict = ConflictParser.Parse(value, entity, place, errors) };
            case "max_affected":
                return parsed with { MaxAffected = (int?)Number(0, int.MaxValue - 1) };
            case "expect":
                return parsed with { Expect = Number(0, long.MaxValue - 1) };
            case "expect_affected" when value.ValueKind == JsonValueKind.String && value.ValueEquals("any"):
                return parsed with { AnyAffected = true };
            case "expect_affected":
                return parsed with { ExpectAffected = (int?)Number(0, int.MaxValue) };
            default:
                return parsed with { IfMatch = Etags() };
        }

        long? Number(long least, long most)
        {
            // A reference in a longer string gives text.
            var number = value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), out var text) ? text
                : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var plain) ? plain
                : (long?)null;
            if (number is not null && number >= least && number <= most)
                return number;
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"'{name}' must be a whole number of at least {least}", place));
            return null;
        }

        bool Flag()
        {
            if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                return value.GetBoolean();
            if (value.ValueKind == JsonValueKind.String && value.GetString() is "true" or "false")
                return value.ValueEquals("true");
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"'{name}' must be true or false", place));
            return false;
        }

        IReadOnlyList<string>? Etags()
        {
            if (value.ValueKind == JsonValueKind.String)
                return [value.GetString()!];
            if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
                return [.. value.EnumerateArray().Select(item => item.GetString()!)];
            errors.Add(new Error(ErrorCodes.FieldInvalid, "'if_match' must be an $etag or an array of them", place));
            return null;
        }
    }
}
