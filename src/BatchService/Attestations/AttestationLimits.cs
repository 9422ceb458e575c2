namespace BatchService.Attestations;

/// <summary>How much a call about attestations may ask for; the contract's figures.</summary>
internal static class AttestationLimits
{
    /// <summary>Commands of one JSON batch; streams have no such limit.</summary>
    public const int MaxCommands = 100_000;

    /// <summary>Commands that are written together unless <c>chunk_size</c> says otherwise.</summary>
    public const int ChunkSize = 1_000;

    /// <summary>The largest <c>chunk_size</c>.</summary>
    public const int MaxChunkSize = 10_000;

    /// <summary>Filters of one query.</summary>
    public const int MaxFilters = 100;

    /// <summary>Attestations that one filter may ask for.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>Attestations that a filter without <c>limit</c> gets.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Values of one field of a filter.</summary>
    public const int MaxFilterValues = 1_000;
}
