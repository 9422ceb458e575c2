using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>What an operation does.</summary>
internal enum OperationAction
{
    Create,
    Read,
    Update,
    Delete,
    Upsert,
    Assert,
}

/// <summary>One operation as it was sent: the envelope is read, the values are still JSON and may hold references.</summary>
/// <param name="StoreParams">An object or an array of objects; undefined when absent.</param>
/// <param name="QueryParams">An object; undefined when absent.</param>
/// <param name="MetadataParams">An object; undefined when absent.</param>
/// <param name="Claims">An object; undefined when absent.</param>
internal sealed record Operation(
    int Index,
    string Id,
    string Entity,
    OperationAction Action,
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
