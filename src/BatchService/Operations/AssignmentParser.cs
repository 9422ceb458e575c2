using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Reads the <c>store_params</c> of an update: the columns to set and their checked values.</summary>
internal static class AssignmentParser
{
    public static IReadOnlyList<Assignment> Parse(
        Operation operation, JsonElement store, Entity entity, Func<JsonElement, bool> isDeferred, List<Error> errors)
    {
        var place = operation.PlaceOf("store_params");
        if (store.ValueKind != JsonValueKind.Object || !store.EnumerateObject().Any())
        {
            errors.Add(new Error(ErrorCodes.FieldMissing, $"Operation '{operation.Id}' missing required field 'store_params'", place));
            return [];
        }
        var assignments = new List<Assignment>();
        foreach (var property in store.EnumerateObject())
        {
            var at = JsonPointer.Append(place, property.Name);
            if (entity.FindVisible(property.Name) is not { } column)
                errors.Add(new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such column", at));
            else if (entity.RefusalToWrite(column, at) is { } refusal)
                errors.Add(refusal);
            else if (isDeferred(property.Value))
                assignments.Add(new Assignment(column, null));
            else if (CellText.TryRead(property.Value, column, at, out var text) is { } error)
                errors.Add(error);
            else
                assignments.Add(new Assignment(column, text));
        }
        return assignments;
    }
}
