using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Attestations;

/// <summary>Makes batches of attestations for the engine.</summary>
internal sealed class AttestationBatches(ItemBatchRunner runner, TimeProvider time, IOptions<AttestationsOptions> options)
{
    /// <summary>The place of the commands in a JSON request.</summary>
    public const string CommandsRoot = "/commands";

    /// <summary>The place of the ids to delete in a JSON request.</summary>
    public const string IdsRoot = "/ids";

    /// <summary>Whose attestations a caller sees; null = everyone's.</summary>
    public string? OwnerFor(Caller caller) => options.Value.PerCaller ? caller.Subject : null;

    /// <summary>Creates one attestation: a batch of one, whose pointers begin at the body itself.</summary>
    public Task<ItemBatchEnd> CreateOneAsync(JsonElement command, ItemBatchRequest request, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var item = new AttestationReader(time.GetMicroseconds()).Read(new ItemInput(0, command), "", errors);
        if (errors.Count > 0)
            return Task.FromResult(ItemBatchEnd.Refused(errors));
        return runner.RunAsync(
            ItemBatch<AttestationItem>.Of([new ItemChunk<AttestationItem>(0, 1, [item], [], [], IsLast: true)], Arranging(request)),
            request,
            cancellationToken);
    }

    /// <summary>Creates attestations from commands.</summary>
    public Task<ItemBatchEnd> CreateAsync(ItemSource source, int chunkItems, ItemBatchRequest request, CancellationToken cancellationToken) =>
        runner.RunAsync(
            ItemBatch<AttestationItem>.Of(
                source,
                () => new ItemChunks<AttestationItem>(CommandsRoot, chunkItems, new AttestationReader(time.GetMicroseconds()).Read),
                Arranging(request)),
            request,
            cancellationToken);

    /// <summary>Deletes attestations by id.</summary>
    public Task<ItemBatchEnd> DeleteAsync(ItemSource source, int chunkItems, ItemBatchRequest request, CancellationToken cancellationToken)
    {
        var owner = OwnerFor(request.Caller);
        return runner.RunAsync(
            ItemBatch<AttestationId>.Of(
                source,
                () => new ItemChunks<AttestationId>(IdsRoot, chunkItems, new AttestationIdReader().Read),
                ids => ids.Count == 0 ? [] : [new AttestationDeleteSet(ids, owner) { Caller = request.Caller }]),
            request,
            cancellationToken);
    }

    private static Func<IReadOnlyList<AttestationItem>, IReadOnlyList<WriteSet>> Arranging(ItemBatchRequest request) =>
        items => items.Count == 0 ? [] : [new AttestationWriteSet(items, request.Options.Representation) { Caller = request.Caller }];
}
