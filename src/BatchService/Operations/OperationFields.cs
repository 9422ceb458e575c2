using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Says which fields and metadata parameters an operation's action takes; any other makes the request wrong, as an unknown field does.</summary>
internal static class OperationFields
{
    private static readonly Dictionary<EntityAction, string[]> s_metadata = new()
    {
        [EntityAction.Create] = [],
        [EntityAction.Read] = ["sort", "limit", "offset", "count", "properties"],
        [EntityAction.Update] = ["expect_affected", "max_affected", "if_match"],
        [EntityAction.Delete] = ["expect_affected", "max_affected", "if_match"],
        [EntityAction.Upsert] = ["on_conflict"],
        [EntityAction.Assert] = ["expect"],
    };

    private static readonly HashSet<string> s_known = [.. s_metadata.Values.SelectMany(names => names)];

    /// <summary>A metadata parameter's name without the leading <c>__</c> that it may have.</summary>
    public static string MetadataName(string written) => written.StartsWith("__", StringComparison.Ordinal) ? written[2..] : written;

    /// <summary>Adds what does not belong to the action, or stands there twice.</summary>
    public static void Check(Operation operation, List<Error> errors)
    {
        var action = operation.Action;
        if (action is not (EntityAction.Create or EntityAction.Update or EntityAction.Upsert))
            Refuse(operation.StoreParams, "store_params");
        if (action is EntityAction.Create or EntityAction.Upsert)
            Refuse(operation.QueryParams, "query_params");
        if (operation.MetadataParams.ValueKind == JsonValueKind.Object)
            errors.AddRange(CheckMetadata(operation));

        void Refuse(JsonElement value, string field)
        {
            if (value.ValueKind == JsonValueKind.Undefined)
                return;
            var detail = $"Operation '{operation.Id}': '{field}' does not belong to its action";
            errors.Add(new Error(ErrorCodes.FieldInvalid, detail, operation.PlaceOf(field)) { Index = operation.Index, Id = operation.Id });
        }
    }

    private static IEnumerable<Error> CheckMetadata(Operation operation)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var written in operation.MetadataParams.EnumerateObject().Select(property => property.Name))
        {
            var name = MetadataName(written);
            if (!s_known.Contains(name))
                yield return Invalid(ErrorCodes.FieldUnknown, $"has an unknown metadata parameter '{written}'");
            else if (!s_metadata[operation.Action].Contains(name, StringComparer.Ordinal))
                yield return Invalid(ErrorCodes.FieldInvalid, $"has the metadata parameter '{written}', which does not belong to its action");
            else if (!seen.TryAdd(name, written))
                yield return Invalid(ErrorCodes.FieldInvalid, $"gives one metadata parameter twice: '{seen[name]}' and '{written}'");

            Error Invalid(ErrorCode code, string fault) =>
                new(code, $"Operation '{operation.Id}' {fault}", JsonPointer.Append(operation.PlaceOf("metadata_params"), written))
                {
                    Index = operation.Index,
                    Id = operation.Id,
                };
        }
    }
}
