using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>One operation as it was sent: the envelope is read, the values are still JSON and may hold references.</summary>
/// <param name="StoreParams">An object or an array of objects; undefined when absent.</param>
/// <param name="QueryParams">An object; undefined when absent.</param>
/// <param name="MetadataParams">An object; undefined when absent.</param>
/// <param name="Claims">An object; undefined when absent.</param>
internal sealed record Operation(
    int Index,
    string Id,
    string Entity,
    EntityAction Action,
    JsonElement StoreParams,
    JsonElement QueryParams,
    JsonElement MetadataParams,
    IReadOnlyList<string> DependsOn,
    JsonElement Claims)
{
    public string Place => JsonPointer.Append("/operations", Index);

    public string PlaceOf(string field) => JsonPointer.Append(Place, field);
}

/// <summary>A batch whose envelope is in order.</summary>
internal sealed record OperationBatch(IReadOnlyList<Operation> Operations, RequestOptions Options);
