namespace BatchService.Batching;

/// <summary>What the store knows about a key when a request asks for it.</summary>
internal enum ClaimState
{
    /// <summary>The request may run; <see cref="IdempotencyClaim.Fence"/> is its right to write.</summary>
    Mine,

    /// <summary>Done before: answer with <see cref="IdempotencyClaim.Answer"/>.</summary>
    Replay,

    /// <summary>Another request with this key is running.</summary>
    InProgress,

    /// <summary>The key belongs to a request with another body.</summary>
    Reused,
}

/// <summary>The outcome of asking for a key.</summary>
/// <param name="Done">Of a run that was interrupted: the items that are decided, as <see cref="ItemStatus.Replayed"/> or failed.</param>
internal sealed record IdempotencyClaim(ClaimState State, long Fence, StoredAnswer? Answer, IReadOnlyList<ItemOutcome> Done)
{
    public static readonly IdempotencyClaim Running = new(ClaimState.InProgress, 0, null, []);

    /// <summary>Why the request is not run, as an error; null when it may run or is replayed.</summary>
    public Error? Refusal => State switch
    {
        ClaimState.InProgress => new Error(ErrorCodes.IdempotencyInProgress, "A request with the same Idempotency-Key is still running."),
        ClaimState.Reused => new Error(ErrorCodes.IdempotencyKeyReused, "The Idempotency-Key belongs to a request with another body."),
        _ => null,
    };
}
