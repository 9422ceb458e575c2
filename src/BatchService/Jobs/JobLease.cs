using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>A claimed part of a job: the right to process it, for as long as the fence is the latest.</summary>
/// <param name="Lost">How many attempts before this one came to nothing.</param>
/// <param name="IsTakenOver">The lease before this one ran out.</param>
/// <param name="ChunkItems">How many items to write together.</param>
internal sealed record JobLease(
    Guid JobId, int Part, long Fence, int Lost, bool IsTakenOver, int FirstIndex, int ItemCount, int ChunkItems, JobHead Job);

/// <summary>What all parts of a job have in common.</summary>
internal sealed record JobHead(Guid JobId, string JobType, Caller Caller, JsonElement Options, IReadOnlyList<string>? Header, int TotalItems);
