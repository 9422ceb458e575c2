using System.Security.Cryptography;
using System.Text;
using static BatchService.DatabaseTests.Devices.DevicesClient;

namespace BatchService.DatabaseTests.Devices;

/// <summary>Proofs are sealed in Merkle batches, each of them once.</summary>
public class ProofSealTests(SealingFixture service) : IClassFixture<SealingFixture>
{
    [Fact]
    public async Task Shows_batch_root_time_and_a_path_that_leads_to_the_root()
    {
        var id = Unique();
        await service.Client.EnrollAsync(id);
        var answer = await service.Client.SendAsync("/proofs/lock/batch", new { items = Enumerable.Range(0, 11).Select(_ => Proof(id)) });
        foreach (var result in answer.Results)
        {
            var path = $"/proofs/{result.GetProperty("data").GetProperty("record_id").GetString()}";
            await UntilAsync(async () => (await service.Client.ReadAsync(path)).Text("status") == "SEALED");
            var proof = await service.Client.ReadAsync(path);
            var hash = proof.Text("asset_hash")!["sha256:".Length..];
            foreach (var step in proof.Body.GetProperty("inclusion_path").EnumerateArray())
            {
                var other = step.GetProperty("hash").GetString();
                hash = Hash(step.GetProperty("position").GetString() == "left" ? other + hash : hash + other);
            }
            Assert.Equal(proof.Text("merkle_root"), hash);
            Assert.True(Guid.TryParse(proof.Text("batch_id"), out _));
            Assert.True(proof.Body.GetProperty("sealed_at").GetDateTimeOffset() >= proof.Body.GetProperty("locked_at").GetDateTimeOffset());
        }
    }

    [Fact]
    public async Task Seals_every_proof_once_when_two_processes_seal_at_once()
    {
        await using var second = service.CreateSecondHost();
        using var other = second.CreateClient();
        var id = Unique();
        await service.Client.EnrollAsync(id);
        HttpClient[] clients = [service.Client, other];
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async number =>
        {
            var answer = await clients[number % 2].SendAsync("/proofs/lock/batch", new { items = Enumerable.Range(0, 20).Select(_ => Proof(id)) });
            Assert.Equal(200, answer.Status);
        }));
        await UntilAsync(() => service.ReadAsync<bool>("SELECT NOT EXISTS (SELECT FROM batch.proof WHERE seal_id IS NULL)"));
        Assert.Equal(600L, await service.ReadAsync<long>($"SELECT count(*) FROM batch.proof WHERE device_id = '{id}'"));
        // Each seal has as many proofs as it says, at the positions 0, 1, 2 …, in the order of their ids; and its root is theirs.
        Assert.Equal(0L, await service.ReadAsync<long>("""
            SELECT count(*) FROM batch.proof_seal AS s
            WHERE s.proof_count <> (SELECT count(*) FROM batch.proof AS p WHERE p.seal_id = s.seal_id)
               OR EXISTS (
                   SELECT FROM (SELECT p.leaf_position, row_number() OVER (ORDER BY p.record_id) - 1 AS place FROM batch.proof AS p WHERE p.seal_id = s.seal_id) AS x
                   WHERE x.leaf_position <> x.place)
            """));
        Assert.True(await service.ReadAsync<long>("SELECT count(*) FROM batch.proof_seal") > 0);
        await using var seals = service.Database.CreateCommand("""
            SELECT encode(s.root, 'hex'), array_agg(encode(p.asset_hash, 'hex') ORDER BY p.leaf_position)
            FROM batch.proof_seal AS s JOIN batch.proof AS p ON p.seal_id = s.seal_id GROUP BY s.seal_id
            """);
        await using var reader = await seals.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            Assert.Equal(reader.GetString(0), Root(reader.GetFieldValue<string[]>(1)));
    }

    /// <summary>The contract's rule, written down once more.</summary>
    private static string Root(string[] level)
    {
        while (level.Length > 1)
            level = [.. level.Chunk(2).Select(pair => Hash(pair[0] + pair[^1]))];
        return level[0];
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
