using BatchService.Entities;

namespace BatchService.Operations;

/// <summary><c>metadata_params</c>, read and checked.</summary>
/// <param name="Columns">What a read returns of each row.</param>
/// <param name="Expect">Of an assert: the exact number of rows; null = at least one.</param>
internal sealed record OperationMetadata(
    IReadOnlyList<SortKey> Sort,
    int? Limit,
    long Offset,
    bool CountOnly,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<Embed> Embeds,
    OnConflict? OnConflict,
    int? ExpectAffected,
    bool AnyAffected,
    int? MaxAffected,
    IReadOnlyList<string>? IfMatch,
    long? Expect);
