using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>A process that is killed while it seals leaves no half of a seal behind.</summary>
public class ProofSealKillTests(DevicesFixture service) : IClassFixture<DevicesFixture>
{
    private const int Proofs = 25_000;

    [Fact]
    public async Task Seals_every_proof_once_though_processes_are_killed_meanwhile()
    {
        await service.ExecuteAsync($"""
            INSERT INTO batch.proof (record_id, device_id, device_pubkey, asset_hash, capture_time_utc, shortcode, locked_at, locked_by)
            SELECT gen_random_uuid(), 'd', sha256('d'), sha256(n::text::bytea), now(), 'code' || n, now(), 'test' FROM generate_series(1, {Proofs}) AS n
            """);
        for (var seals = 1; seals <= 2; seals++)
        {
            await using var process = await StartAsync();
            var expected = seals;
            await UntilAsync(() => service.ReadAsync<bool>($"SELECT count(*) >= {expected} FROM batch.proof_seal"));
            await process.KillAsync();
        }
        await using (await StartAsync())
            await UntilAsync(() => service.ReadAsync<bool>("SELECT NOT EXISTS (SELECT FROM batch.proof WHERE seal_id IS NULL)"));
        // Sums that a proof in two seals, or a seal without its proofs, would change.
        Assert.Equal(Proofs, await service.ReadAsync<long>("SELECT sum(proof_count) FROM batch.proof_seal"));
        Assert.Equal(0L, await service.ReadAsync<long>("""
            SELECT count(*) FROM batch.proof_seal AS s
            WHERE s.proof_count <> (SELECT count(DISTINCT p.leaf_position) FROM batch.proof AS p WHERE p.seal_id = s.seal_id)
            """));
    }

    private Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync($"ConnectionStrings:Batch={service.Connection}", "Proofs:SealInterval=00:00:00.05");
}
