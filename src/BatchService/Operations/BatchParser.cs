using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Reads the envelope of <c>POST /batch</c>: its shape, every operation's fields, the options. All errors at once.</summary>
internal static class BatchParser
{
    private static readonly string[] Fields =
        ["id", "entity", "action", "store_params", "query_params", "metadata_params", "depends_on", "claims"];

    /// <summary>
    /// The batch; null where no operation can be looked at. With errors it is not whole: only ids, dependencies and references are of use.
    /// </summary>
    public static OperationBatch? Parse(JsonElement body, int maxOperations, List<Error> errors)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, "The body must be a JSON object", ""));
            return null;
        }
        foreach (var field in body.EnumerateObject().Where(field => field.Name is not ("operations" or "options")))
            errors.Add(new Error(ErrorCodes.FieldUnknown, $"Unknown field '{field.Name}'", JsonPointer.Append("", field.Name)));
        var options = RequestOptionsParser.Parse(Member(body, "options"), "/options", errors);
        if (!IsCountable(Member(body, "operations"), maxOperations, errors, out var elements))
            return null;
        var operations = elements.EnumerateArray().Select((element, index) => ParseOperation(element, index, errors)).ToList();
        return new OperationBatch(operations, options);
    }

    private static bool IsCountable(JsonElement operations, int maxOperations, List<Error> errors, out JsonElement elements)
    {
        elements = operations;
        var count = operations.ValueKind == JsonValueKind.Array ? operations.GetArrayLength() : 0;
        if (operations.ValueKind is not (JsonValueKind.Array or JsonValueKind.Undefined or JsonValueKind.Null))
            errors.Add(new Error(ErrorCodes.FieldInvalid, "'operations' must be an array", "/operations"));
        else if (count == 0)
            errors.Add(new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one operation", "/operations"));
        else if (count > maxOperations)
            errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({maxOperations}). Requested: {count}", "/operations"));
        return count > 0 && count <= maxOperations;
    }

    /// <summary>Reads one operation; what is wrong with its envelope is added to <paramref name="errors"/>.</summary>
    public static Operation ParseOperation(JsonElement element, int index, List<Error> errors)
    {
        var place = JsonPointer.Append("/operations", index);
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"Operation {index} must be an object", place) { Index = index });
            return new Operation(index, $"op_{index}", "", default, default, default, default, [], default);
        }
        var id = ReadId(element, index, place, errors);
        foreach (var name in element.EnumerateObject().Select(field => field.Name).Where(name => !Fields.Contains(name, StringComparer.Ordinal)))
            Add(ErrorCodes.FieldUnknown, $"Operation '{id}' has an unknown field '{name}'", name);
        var entity = ReadRequired("entity");
        var action = ReadRequired("action");
        var parsedAction = EntityAccess.Parse(action);
        if (action is not null && parsedAction is null)
            Add(ErrorCodes.ActionInvalid, $"Operation '{id}' has invalid action '{Shown(action)}'", "action");
        if (entity == "batch")
            Add(ErrorCodes.NestedBatch, $"Operation '{id}' is a batch itself; batches cannot be nested", "entity");
        var store = ReadObject("store_params", allowArray: parsedAction is EntityAction.Create or EntityAction.Upsert);
        var query = ReadObject("query_params", allowArray: false);
        var metadata = ReadObject("metadata_params", allowArray: false);
        var claims = ReadObject("claims", allowArray: false);
        var dependsOn = ReadDependsOn(element, id, index, place, errors);
        var operation = new Operation(index, id, entity ?? "", parsedAction ?? default, store, query, metadata, dependsOn, claims);
        if (parsedAction is not null)
            OperationFields.Check(operation, errors);
        return operation;

        void Add(ErrorCode code, string detail, string field) =>
            errors.Add(new Error(code, detail, JsonPointer.Append(place, field)) { Index = index, Id = id });

        string? ReadRequired(string field)
        {
            var value = Member(element, field);
            if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && value.ValueEquals("")))
                Add(ErrorCodes.FieldMissing, $"Operation '{id}' missing required field '{field}'", field);
            else if (value.ValueKind != JsonValueKind.String)
                Add(ErrorCodes.FieldInvalid, $"Operation '{id}': '{field}' must be a string", field);
            else
                return value.GetString();
            return null;
        }

        JsonElement ReadObject(string field, bool allowArray)
        {
            var value = Member(element, field);
            if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
                return default;
            if (value.ValueKind == JsonValueKind.Object || (allowArray && value.ValueKind == JsonValueKind.Array))
                return value;
            Add(ErrorCodes.FieldInvalid, $"Operation '{id}': '{field}' must be an object{(allowArray ? " or an array of objects" : "")}", field);
            return default;
        }
    }

    private static string ReadId(JsonElement element, int index, string place, List<Error> errors)
    {
        var value = Member(element, "id");
        var fallback = $"op_{index}";
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return fallback;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } id && OperationId.IsValid(id))
            return id;
        errors.Add(new Error(
            ErrorCodes.OperationIdInvalid,
            $"The id of operation {index} must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -",
            JsonPointer.Append(place, "id"))
        { Index = index });
        return fallback;
    }

    private static IReadOnlyList<string> ReadDependsOn(JsonElement element, string id, int index, string place, List<Error> errors)
    {
        var value = Member(element, "depends_on");
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return [];
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        errors.Add(new Error(
            ErrorCodes.FieldInvalid, $"Operation '{id}': 'depends_on' must be an array of operation ids", JsonPointer.Append(place, "depends_on"))
        { Index = index, Id = id });
        return [];
    }

    /// <summary>The seed's clients match on the action in the text; anything that is not a plain word is not repeated.</summary>
    private static string Shown(string action) =>
        action.Length <= 32 && action.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-') ? action : "?";

    private static JsonElement Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value : default;
}
