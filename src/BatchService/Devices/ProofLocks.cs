using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Devices;

/// <summary>Proofs to lock.</summary>
internal sealed class ProofLocks(TimeProvider time, IOptions<ProofsOptions> options) : ItemKind<ProofLockItem>
{
    public override string Name => "proof_lock";

    public override string Scope => "proofs:write";

    public override IReadOnlyList<string> Objects => ["geo"];

    public override ItemReading<ProofLockItem> OpenReader(Caller caller) => new ProofLockReader(options.Value, time.GetMicroseconds()).Read;

    protected override WriteSet ToSet(IReadOnlyList<ProofLockItem> items, Caller caller) => new ProofLockSet(items) { Caller = caller };
}
