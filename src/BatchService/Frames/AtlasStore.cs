using System.Data;
using Npgsql;

namespace BatchService.Frames;

/// <summary>An atlas as it was built, whole.</summary>
/// <param name="Version">0 before the first build.</param>
/// <param name="BuiltAt">It has every frame that was committed before; null before the first build.</param>
internal sealed record AtlasSnapshot(long Version, DateTimeOffset? BuiltAt, long EdgeCount, AtlasGraph Graph)
{
    public static AtlasSnapshot None { get; } = new(0, null, 0, AtlasGraph.Of([]));
}

/// <summary>Reads the frames, and stores and reads the atlas that was made of them. Of all versions only the last one is kept.</summary>
internal sealed class AtlasStore(NpgsqlDataSource dataSource)
{
    /// <summary>All frames, as one statement sees them.</summary>
    public async Task<List<AtlasNode>> ReadFramesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        // A statement may take its time here: nobody waits for its locks, and the caller's token ends it.
        const string Settings = "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = 0";
        await using (var settings = new NpgsqlCommand(Settings, connection, transaction))
            await settings.ExecuteNonQueryAsync(cancellationToken);
        const string Frames = "SELECT id, \"timestamp\", branch, module_scope FROM batch.frame";
        await using var command = new NpgsqlCommand(Frames, connection, transaction)
        {
            CommandTimeout = 0,
        };
        var nodes = new List<AtlasNode>();
        var texts = new AtlasTexts();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (branch, modules) = (texts.Once(reader.GetString(2)), texts.Once(reader.GetFieldValue<string[]>(3)));
            nodes.Add(new AtlasNode(reader.GetString(0), reader.GetFieldValue<DateTime>(1).Ticks, branch, modules));
        }
        return nodes;
    }

    /// <summary>Stores what was built and meets the requests; false, and nothing is stored, when another was begun meanwhile.</summary>
    public async Task<bool> SaveAsync(AtlasClaim claim, AtlasGraph graph, long edgeCount, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var number = 0;
        foreach (var part in AtlasParts.Encode(graph.Frames))
        {
            await using var insert = new NpgsqlCommand(
                "INSERT INTO batch.atlas_part (version, part, nodes) VALUES (@version, @part, @nodes)", connection, transaction);
            insert.Parameters.AddWithValue("version", claim.Fence);
            insert.Parameters.AddWithValue("part", number++);
            insert.Parameters.AddWithValue("nodes", part);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        // Last, so that requests wait for this row for a moment only.
        await using var update = new NpgsqlCommand(
            """
            WITH stored AS (
                UPDATE batch.atlas
                SET built = @request,
                    lease_until = NULL,
                    version = fence,
                    build_timestamp = @built_at,
                    frame_count = @frame_count,
                    edge_count = @edge_count
                WHERE id = 1 AND fence = @fence AND lease_until IS NOT NULL
                RETURNING version),
            removed AS (
                DELETE FROM batch.atlas_part
                USING stored
                WHERE atlas_part.version < stored.version)
            SELECT count(*) FROM stored
            """,
            connection,
            transaction);
        update.Parameters.AddWithValue("request", claim.Request);
        update.Parameters.AddWithValue("fence", claim.Fence);
        update.Parameters.AddWithValue("built_at", claim.ClaimedAt);
        update.Parameters.AddWithValue("frame_count", (long)graph.Frames.Count);
        update.Parameters.AddWithValue("edge_count", edgeCount);
        if (await update.ExecuteScalarAsync(cancellationToken) is not 1L)
            return false;
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    /// <summary>The last version that was stored, with its nodes, as one statement sees them.</summary>
    public async Task<AtlasSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT atlas.version, atlas.build_timestamp, atlas.edge_count, part.nodes
            FROM batch.atlas
            LEFT JOIN batch.atlas_part AS part ON part.version = atlas.version
            WHERE atlas.id = 1 AND atlas.version > 0
            ORDER BY part.part
            """);
        var nodes = new List<AtlasNode>();
        var snapshot = AtlasSnapshot.None;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                snapshot = snapshot with
                {
                    Version = reader.GetInt64(0),
                    BuiltAt = reader.GetFieldValue<DateTimeOffset>(1),
                    EdgeCount = reader.GetInt64(2),
                };
                if (!await reader.IsDBNullAsync(3, cancellationToken))
                    nodes.AddRange(AtlasParts.Decode(reader.GetFieldValue<byte[]>(3)));
            }
        }
        return snapshot with { Graph = AtlasGraph.Of(nodes) };
    }
}
