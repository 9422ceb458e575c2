using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Puts the results of earlier operations into the values of one operation.</summary>
internal static class ReferenceFilling
{
    /// <summary>The values without references, or null and what went wrong.</summary>
    public static OperationValues? Fill(
        PlannedOperation planned, IReadOnlyDictionary<string, ReferencedResult> results, ref ResolvedBytesBudget budget, List<Error> errors)
    {
        var operation = planned.Operation;
        var store = Resolve(operation.StoreParams, "store_params", ref budget);
        var query = ResolveFilter(ref budget);
        var metadata = Resolve(operation.MetadataParams, "metadata_params", ref budget);
        return errors.Count > 0 ? null : new OperationValues(store, query, metadata);

        JsonElement Resolve(JsonElement value, string field, ref ResolvedBytesBudget left)
        {
            if (value.ValueKind == JsonValueKind.Undefined)
                return value;
            var resolution = ReferenceResolver.Resolve(value, results, ref left, operation.PlaceOf(field));
            Add(resolution.Error);
            return resolution.Value;
        }

        IReadOnlyList<FilterField>? ResolveFilter(ref ResolvedBytesBudget left)
        {
            if (operation.QueryParams.ValueKind == JsonValueKind.Undefined)
                return null;
            Add(FilterFilling.Fill(operation.QueryParams, results, ref left, operation.PlaceOf("query_params"), out var fields));
            return fields;
        }

        void Add(Error? error)
        {
            if (error is not null)
                errors.Add(error with { Index = operation.Index, Id = operation.Id });
        }
    }

    /// <summary>A value of the wrong type that came out of a reference is told as such.</summary>
    public static Error Attribute(PlannedOperation planned, Error error)
    {
        var isType = error.Code == ErrorCodes.TypeInvalid || error.Code == ErrorCodes.FilterInvalid || error.Code == ErrorCodes.FieldInvalid;
        return isType && planned.References.Any(found => found.Pointer == error.Pointer || found.Pointer.StartsWith($"{error.Pointer}/", StringComparison.Ordinal))
            ? error with { Code = ErrorCodes.ReferenceTypeMismatch, Detail = $"The referenced value does not fit: {error.Detail}" }
            : error;
    }
}
