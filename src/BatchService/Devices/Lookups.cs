using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Devices;

/// <summary>Questions what is known of devices and proofs.</summary>
internal sealed class Lookups(NpgsqlDataSource database) : ItemKind<LookupItem>
{
    public override string Name => "query";

    public override string Scope => "proofs:read";

    public override ItemReading<LookupItem> OpenReader(Caller caller) =>
        (input, pointer, errors) => LookupReader.Read(input, pointer, caller, errors);

    /// <summary>The JSON of one device or proof; null when there is none.</summary>
    public async Task<JsonElement?> FindAsync(string field, string value, Caller caller, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var outcome = await RunAsync(new LookupItem(0, field, value, ""), caller, connection, cancellationToken);
        var found = JsonElement.Parse(outcome.Rows[0].Span);
        return found.GetProperty("found").GetBoolean() ? found : null;
    }

    /// <summary>What comes between a sealed proof and the root of its seal.</summary>
    public async Task<IReadOnlyList<MerkleStep>> FindPathAsync(Guid recordId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT encode(p.asset_hash, 'hex'), p.record_id = $1
            FROM batch.proof AS p
            WHERE p.seal_id = (SELECT x.seal_id FROM batch.proof AS x WHERE x.record_id = $1)
            ORDER BY p.leaf_position
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = recordId });
        var leaves = new List<string>();
        var position = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetBoolean(1))
                position = leaves.Count;
            leaves.Add(reader.GetString(0));
        }
        return leaves.Count == 0 ? [] : MerkleTree.Path(leaves, position);
    }

    protected override WriteSet ToSet(IReadOnlyList<LookupItem> items, Caller caller) => new LookupSet(items) { Caller = caller };
}
